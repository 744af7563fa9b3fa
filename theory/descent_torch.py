"""The gradient step of `theory.descent` in torch, for other devices than the processor.

Here σ' is formed from h in the same pass that multiplies it by e: on an accelerator passes cost
more than products. torch is an extra; nothing else of this package needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from theory.descent import Chance, Kept, masses
from theory.errors import Floats, InvalidInput
from theory.network import TwoLayerNetwork
from theory.problem import Problem

if TYPE_CHECKING:
    from theory.training import Training

_aten = torch.ops.aten

# h ← σ(z), in place.
ACTIVATE: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "tanh": torch.tanh_,
    "sigmoid": torch.sigmoid_,
}
# out ← e·σ'(z), from e and h = σ(z), in one pass.
DERIVATIVE: Mapping[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "relu": lambda e, h, out: _aten.threshold_backward.grad_input(e, h, 0, grad_input=out),
    "tanh": lambda e, h, out: _aten.tanh_backward.grad_input(e, h, grad_input=out),
    "sigmoid": lambda e, h, out: _aten.sigmoid_backward.grad_input(e, h, grad_input=out),
}


def check_device(name: str) -> None:
    """Raise `InvalidInput` if there is no such device here."""
    if torch.device(name).type == "cuda" and not torch.cuda.is_available():
        raise InvalidInput(
            f"training.device is {name!r}, but no CUDA device is to be seen; use cpu"
        )


def descend_together(
    problems: Sequence[Problem],
    networks: Sequence[TwoLayerNetwork],
    training: Training,
    snapshots: Collection[int],
) -> tuple[Kept, Floats]:
    """The stacked hidden and output weights at each snapshot, and the losses (steps + 1, R)."""

    def stack(arrays: list[Floats]) -> Tensor:
        kind = torch.float64 if training.dtype == "float64" else torch.float32
        return torch.tensor(np.stack(arrays)).to(training.device, kind)

    inputs = stack([p.inputs for p in problems])  # (R, m, d)
    target = stack([p.target for p in problems])  # (R, m)
    hidden = stack([net.hidden for net in networks])  # (R, n, d)
    output = stack([net.output for net in networks])  # (R, n)
    mass = stack([masses(net) for net in networks])  # (R, n)
    chance = [Chance(net) for net in networks]
    activation = networks[0].activation
    activate, derivative = ACTIVATE[activation], DERIVATIVE[activation]

    replicas, samples, width = len(problems), problems[0].samples, networks[0].width
    transposed = inputs.transpose(1, 2).contiguous()  # (R, d, m)
    units = hidden.new_empty(replicas, width, samples)  # h
    slopes = torch.empty_like(units)  # e·σ'
    direction = torch.empty_like(hidden)  # Σ_j e_j σ' x_j
    losses = hidden.new_empty(training.steps + 1, replicas)
    step_size = training.rate / samples

    kept: Kept = {}
    for step in range(training.steps + 1):
        if step in snapshots:
            kept[step] = (_to_numpy(hidden), _to_numpy(output))
        torch.bmm(hidden, transposed, out=units)
        activate(units)
        error = torch.bmm((output * mass)[:, None, :], units)[:, 0, :].sub_(target)
        torch.mean(error.square(), dim=1, out=losses[step])
        if step == training.steps:
            break
        if training.batch is not None:
            error.mul_(stack([c.batch(samples, training.batch) for c in chance]))
        output_gradient = torch.bmm(units, error[:, :, None])[:, :, 0]
        derivative(error[:, None, :].expand_as(units), units, slopes)
        torch.bmm(slopes, inputs, out=direction)
        hidden.addcmul_(direction, output[:, :, None], value=-step_size)
        output.sub_(output_gradient, alpha=step_size)
        if training.noise:
            size = training.noise * np.sqrt(training.rate)
            hidden.add_(stack([c.normal(width, inputs.shape[2]) for c in chance]), alpha=size)
            output.add_(stack([c.normal(width) for c in chance]), alpha=size)

    return kept, 0.5 * _to_numpy(losses)


def _to_numpy(tensor: Tensor) -> Floats:
    copied: Floats = tensor.to("cpu", torch.float64, copy=True).numpy()
    return copied
