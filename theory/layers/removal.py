"""Folding weights into a consumer, and taking channels out of a model for good."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import torch_pruning
from torch import Tensor, nn

from theory.errors import InvalidInput
from theory.layers.choice import Choice
from theory.layers.gram import LayerPool
from theory.layers.running import Batches, evaluation_mode, replaced_inputs, show_outputs, tensors


def removed(model: nn.Module, found: LayerPool, choice: Choice, example: Tensor) -> nn.Module:
    """A copy of `model` without the channels that go.

    The consumer's weights hold the factors, and its bias keeps the mean of its output what it was.
    Inside gates, a channel that goes counts as its mean. `example` is an input (1, …) on which the
    model runs. Raises `InvalidInput` where channels cannot be taken out one by one (a grouped
    convolution's, say).
    """
    channels = found.channels
    pruned = copy.deepcopy(model)
    factors = torch.from_numpy(choice.factors)
    gone = torch.from_numpy(~choice.kept)
    with torch.no_grad():
        consumer = pruned.get_submodule(channels.consumer)
        _add_to_bias(consumer, contribution(consumer, _lost(found, choice)))
        _scale_inputs(consumer, factors)
        for name, means in found.gate_means.items():
            gate = pruned.get_submodule(name)
            _add_to_bias(gate, contribution(gate, torch.from_numpy(means) * gone))
    if bool(gone.any()):
        take_out(pruned, channels.layer, np.flatnonzero(~choice.kept).tolist(), example)
    return pruned


def take_out(model: nn.Module, layer: str, indices: list[int], example: Tensor) -> None:
    """Take output channels of `layer` out of `model`, with all that depends on them."""
    trainable = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    graph, group = _group(model, layer, indices, example)
    for item in group:
        module = item.dep.target.module
        if isinstance(module, nn.Conv2d) and 1 < module.groups < module.in_channels:
            raise InvalidInput(
                f"layer is {layer!r}, whose channels pass a convolution in {module.groups} groups; "
                "they cannot be taken out one by one"
            )
    if not graph.check_pruning_group(group):
        raise InvalidInput(f"layer is {layer!r}; one of its channels must stay")
    group.prune()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(trainable[name])


def dependents(model: nn.Module, layer: str, example: Tensor) -> set[str]:
    """The modules that become smaller where output channels of `layer` are taken out."""
    _, group = _group(model, layer, [0], example)
    within = {item.dep.target.module for item in group}
    return {name for name, module in model.named_modules() if module in within}


def _group(model: nn.Module, layer: str, indices: list[int], example: Tensor) -> tuple[Any, Any]:
    module = model.get_submodule(layer)
    frozen = [each for each in model.parameters() if not each.requires_grad]
    graph = torch_pruning.DependencyGraph()
    try:
        for parameter in frozen:  # the graph is that of gradients
            parameter.requires_grad_(True)
        with evaluation_mode(model):
            graph.build_dependency(model, example_inputs=example, verbose=False)
        remove = graph.get_pruner_of_module(module).prune_out_channels
        return graph, graph.get_pruning_group(module, remove, idxs=indices)
    except Exception as error:  # whatever a model that it does not expect leads torch_pruning to
        reason = " ".join(str(error).split())[:160]
        raise InvalidInput(
            f"layer is {layer!r}; what depends on it cannot be found "
            f"({type(error).__name__}: {reason})"
        ) from None
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)


def _scale_inputs(consumer: nn.Module, factors: Tensor) -> None:
    """Multiply the weights of a consumer's input channels by `factors` (N,), in place."""
    assert isinstance(consumer, nn.Conv2d | nn.Linear)
    weight = consumer.weight
    groups = consumer.groups if isinstance(consumer, nn.Conv2d) else 1
    rows = weight.view(groups, len(weight) // groups, len(factors) // groups, -1)
    rows *= factors.to(weight).view(groups, 1, -1, 1)


def contribution(layer: nn.Module, inputs: Tensor) -> Tensor:
    """What a layer gives, bias aside, for one window (C·p,) of inputs."""
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    weight = layer.weight.detach()
    groups = layer.groups if isinstance(layer, nn.Conv2d) else 1
    rows = weight.reshape(groups, len(weight) // groups, -1)
    found: Tensor = rows @ inputs.to(weight).reshape(groups, -1, 1)
    return found.flatten()


def _add_to_bias(layer: nn.Module, added: Tensor) -> None:
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    layer.bias = nn.Parameter(added if layer.bias is None else layer.bias.detach() + added)


def _lost(found: LayerPool, choice: Choice) -> Tensor:
    """(C·p,) the means that the factors take away from the consumer's windows."""
    return torch.from_numpy((1 - choice.factors)[:, None] * found.window_means).flatten()


@dataclass(frozen=True)
class Change:
    """What taking channels out did to the consumer's output, measured by running both models."""

    loss: float
    """half the mean squared change"""
    off_prediction: float
    """largest deviation from Σ_i factor_i·φ_i, relative to the output's largest entry"""


def measure(
    model: nn.Module, pruned: nn.Module, found: LayerPool, choice: Choice, batches: Batches
) -> Change:
    """Run `model`, `model` with the channels multiplied by their factors, and `pruned`.

    Inside gates, the channels that go count as their means in the second as in the third.
    """
    name = found.channels.consumer
    consumer = model.get_submodule(name)
    like = next(model.parameters())
    factors = torch.from_numpy(choice.factors).to(like)
    changes: dict[str, Callable[[Tensor], Tensor]] = {
        name: lambda given: given * _broadcast(factors, given, consumer)
    }
    shift = contribution(consumer, _lost(found, choice))
    kept = torch.from_numpy(choice.kept).to(like.device)
    for gate, means in found.gate_means.items():
        changes[gate] = partial(
            _kept_or,
            kept=kept,
            means=torch.from_numpy(means).to(like),
            layer=model.get_submodule(gate),
        )
    squares = entries = 0.0
    largest = deviation = 0.0
    for inputs in tensors(model, batches):
        before = show_outputs(model, name, inputs)
        with replaced_inputs(model, changes):
            predicted = show_outputs(model, name, inputs)
        predicted = predicted + _broadcast(shift, predicted, consumer)
        after = show_outputs(pruned, name, inputs)
        squares += float((after - before).square().sum())
        entries += before.numel()
        largest = max(largest, float(predicted.abs().max()))
        deviation = max(deviation, float((after - predicted).abs().max()))
    return Change(squares / (2 * entries), deviation / largest if largest > 0 else deviation)


def _kept_or(given: Tensor, kept: Tensor, means: Tensor, layer: nn.Module) -> Tensor:
    """Channels that go are replaced by their means."""
    return torch.where(_broadcast(kept, given, layer), given, _broadcast(means, given, layer))


def _broadcast(values: Tensor, given: Tensor, layer: nn.Module) -> Tensor:
    """`values` (N,), shaped so that they go with the N channels that a layer is given, or gives."""
    if isinstance(layer, nn.Conv2d):
        return values[:, None, None]
    return values.repeat_interleave(given.shape[-1] // len(values))
