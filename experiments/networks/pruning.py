"""Pruning a whole network: how many channels each layer keeps, then layer after layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from experiments.networks.architectures import build
from experiments.networks.images import Images, first, open_images
from experiments.networks.settings import Pruning, Training
from experiments.networks.training import fit, on_device
from theory import InvalidInput
from theory.errors import Floats, check_choice
from theory.layers import (
    METHODS,
    Channels,
    Costs,
    PrunedLayer,
    TaskLoss,
    Tracing,
    error_curve,
    layer_pools,
    prune_layer,
    sizes_by_error,
    sizes_by_share,
)
from theory.layers.running import tensors


@dataclass(frozen=True, eq=False)
class Plan:
    """What can be pruned, what it costs, and what it would cost in error."""

    tracing: Tracing
    layers: list[Channels]
    costs: Costs
    curves: dict[str, Floats]
    """for every layer the error with k = 1..N channels (`theory.layers.error_curve`)"""

    def sizes(self, pruning: Pruning) -> dict[str, int]:
        """Channels that every layer keeps: by one tolerance for all, or (uniform) one share."""
        if pruning.method == "uniform":
            return sizes_by_share(self.costs, pruning.flops)
        return sizes_by_error(self.costs, self.curves, pruning.flops)[0]


def costs(model: nn.Module, example: Tensor) -> tuple[Tracing, list[Channels], Costs]:
    """What can be pruned, and what it costs for one `example` (1, …), which needs no training."""
    tracing = Tracing(model)
    layers = tracing.prunable()
    if not layers:
        raise InvalidInput(
            f"model, a {type(model).__name__}, has no layer whose channels are its own"
        )
    like = next(model.parameters())
    return tracing, layers, Costs(model, layers, example.to(like))


def plan(model: nn.Module, batches: Sequence[Any]) -> Plan:
    """Trace `model` and measure all its layers, in one run over `batches`."""
    tracing, layers, found = costs(model, next(tensors(model, batches))[:1])
    pools = layer_pools(model, layers, batches)
    curves = {each.channels.layer: error_curve(each.pool) for each in pools}
    return Plan(tracing, layers, found, curves)


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network, and all that pruning it starts from."""

    images: Images
    model: nn.Module
    batches: list[tuple[Tensor, Tensor]]
    """training images on which channels are selected"""
    plan: Plan


def trained(
    network: str, data: str, training: Training, pruning: Pruning, seeds: Sequence[int]
) -> Trained:
    """Train a network; `seeds` are of its weights, of its training, and of the batches."""
    images = open_images(data)
    model = on_device(build(network, images.classes, seeds[0]), training.device)
    fit(model, images, training, seeds[1])
    batches = first(images.train, pruning.images, pruning.batch, seeds[2])
    return Trained(images, model, batches, plan(model, batches))


def prune(
    model: nn.Module,
    batches: Sequence[Any],
    found: Plan,
    pruning: Pruning,
    seed: int,
    *,
    done: Sequence[PrunedLayer] = (),
    after_each: Callable[[nn.Module, PrunedLayer], object] = lambda *_: None,
) -> tuple[nn.Module, list[PrunedLayer]]:
    """Prune the layers of `found` that are not in `done` yet, each in the network pruned so far."""
    check_choice("method", pruning.method, METHODS)
    sizes = found.sizes(pruning)
    task_loss = TaskLoss(pruning.candidates, pruning.tolerance)
    layers = list(done)
    for place, channels in enumerate(found.layers[len(layers) :], start=len(layers)):
        random = np.random.default_rng([seed, place])
        model, layer = prune_layer(
            model,
            found.tracing,
            channels,
            pruning.method,
            sizes[channels.layer],
            batches,
            seed=random,
            task_loss=task_loss,
        )
        layers.append(layer)
        after_each(model, layer)
    return model, layers


def recalibrate(model: nn.Module, batches: Sequence[Any]) -> None:
    """Measure anew, on `batches`, the means and variances that batch normalisation goes by."""
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
    with torch.no_grad():
        for inputs in tensors(model, batches):
            if len(inputs) > 1:  # a single image may have no variance
                model(inputs)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
