"""Running a model on batches to look at what its layers are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from theory.errors import InvalidInput

Batches = Iterable[Any]
"""input tensors (B, …), or pairs of one with its labels, as a DataLoader gives them"""


class _Enough(Exception):
    """All that was to be seen has been seen: the rest of the model need not run."""


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Evaluation mode; afterwards every module is in the mode it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients."""
    with evaluation_mode(model), torch.no_grad():
        yield


@contextmanager
def replaced_inputs(
    model: nn.Module, changes: Mapping[str, Callable[[Tensor], Tensor]]
) -> Iterator[None]:
    """While inside, the named modules are given what `changes` make of their inputs."""
    hooks = [
        model.get_submodule(name).register_forward_pre_hook(
            lambda _, given, change=change: (change(given[0]), *given[1:])
        )
        for name, change in changes.items()
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def show_inputs(
    model: nn.Module, batches: Batches, watch: Mapping[str, Callable[[Tensor], None]]
) -> None:
    """Give every input (B, …) of the modules named in `watch` to their functions.

    The rest of the model is not run. Raises `InvalidInput` if there is no batch, or if the model
    does not run on one.
    """
    seen: set[str] = set()

    def look(name: str, given: Tensor) -> Tensor:
        watch[name](given)
        seen.add(name)
        if len(seen) == len(watch):
            raise _Enough
        return given

    changes = {name: lambda given, name=name: look(name, given) for name in watch}
    empty = True
    with evaluating(model), replaced_inputs(model, changes):
        for inputs in tensors(model, batches):
            empty = False
            seen.clear()
            try:
                run(model, inputs)
            except _Enough:
                continue
            missing = ", ".join(sorted(set(watch) - seen))
            raise InvalidInput(f"model does not apply {missing}")
    if empty:
        raise InvalidInput(
            "batches is empty; give at least one batch of inputs (and a list: a generator can be "
            "used only once)"
        )


def run(model: nn.Module, inputs: Tensor) -> Any:
    """The model's outputs. Raises `InvalidInput` if it does not run on these inputs."""
    try:
        return model(inputs)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, InvalidInput):
            raise
        reason = " ".join(str(error).split())[:160]
        raise InvalidInput(
            f"model does not run on inputs of shape {tuple(inputs.shape)} ({reason})"
        ) from None


def tensors(model: nn.Module, batches: Batches) -> Iterator[Tensor]:
    """The inputs of every batch, where the model's parameters are."""
    parameter = next(model.parameters())
    if isinstance(batches, Tensor):
        raise InvalidInput("batches is a tensor; give a list of them, [batches] say")
    for batch in batches:
        inputs = batch[0] if isinstance(batch, tuple | list) else batch
        if not isinstance(inputs, Tensor) or len(inputs) == 0:
            found = "no inputs" if isinstance(inputs, Tensor) else f"a {type(inputs).__name__}"
            raise InvalidInput(
                f"batches has a batch of {found}; a batch is a tensor of at least one input, or a "
                "pair of one and its labels"
            )
        yield inputs.to(parameter if inputs.is_floating_point() else parameter.device)


def show_outputs(model: nn.Module, name: str, inputs: Tensor) -> Tensor:
    """What the module `name` gives for `inputs`, in float64."""
    seen: list[Tensor] = []

    def look(module: nn.Module, given: Any, output: Tensor) -> None:
        del module, given
        seen.append(output.to(torch.float64))
        raise _Enough

    hook = model.get_submodule(name).register_forward_hook(look)
    try:
        with evaluating(model):
            run(model, inputs)
    except _Enough:
        pass
    finally:
        hook.remove()
    return seen[0]
