"""The gradient step of mean-field descent, over stacked replicas: the only code that needs torch.

With e = f − y on the data and h_ij = σ(a_i·x_j) the gradients of one replica are

    n·∂L/∂b_i = (1/m) Σ_j h_ij e_j,     n·∂L/∂a_i = (b_i/m) Σ_j σ'(a_i·x_j) e_j x_j.

They are written by hand over stacked replicas (R, n, d) and updated in place. σ' is a function of
h for every activation here, so one fused pass turns (e, h) into e·σ'. A neuron of mass μ stands for
μ·n equal ones, each of which moves as above, so masses enter f alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from theory.errors import Floats, InvalidInput
from theory.network import TwoLayerNetwork
from theory.problem import Problem

if TYPE_CHECKING:
    from theory.training import Training

_aten = torch.ops.aten

# h ← σ(z), in place.
_ACTIVATE: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "tanh": torch.tanh_,
    "sigmoid": torch.sigmoid_,
}
# out ← e·σ'(z), from e and h = σ(z), in one pass.
_DERIVATIVE: Mapping[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
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
    snapshots: Sequence[int],
) -> tuple[dict[int, tuple[Floats, Floats]], Floats]:
    """The stacked hidden and output weights at each snapshot, and the losses (steps + 1, R)."""

    def stack(arrays: list[Floats]) -> Tensor:
        kind = torch.float64 if training.dtype == "float64" else torch.float32
        return torch.tensor(np.stack(arrays)).to(training.device, kind)

    inputs = stack([p.inputs for p in problems])  # (R, m, d)
    target = stack([p.target for p in problems])  # (R, m)
    hidden = stack([net.hidden for net in networks])  # (R, n, d)
    output = stack([net.output for net in networks])  # (R, n)
    mass = stack([_mass(net) for net in networks])  # (R, n)
    chance = [_Chance(net) for net in networks]
    activation = networks[0].activation
    activate, derivative = _ACTIVATE[activation], _DERIVATIVE[activation]

    replicas, samples, width = len(problems), problems[0].samples, networks[0].width
    transposed = inputs.transpose(1, 2).contiguous()  # (R, d, m)
    units = hidden.new_empty(replicas, width, samples)  # h
    slopes = torch.empty_like(units)  # e·σ'
    direction = torch.empty_like(hidden)  # Σ_j e_j σ' x_j
    losses = hidden.new_empty(training.steps + 1, replicas)
    step_size = training.rate / samples

    kept: dict[int, tuple[Floats, Floats]] = {}
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


class _Chance:
    """One replica's mini-batches and noise."""

    def __init__(self, network: TwoLayerNetwork) -> None:
        digest = hashlib.sha256(network.hidden.tobytes() + network.output.tobytes()).digest()
        self._random = np.random.default_rng(np.frombuffer(digest, dtype="<u4"))

    def batch(self, samples: int, size: int) -> Floats:
        """(m,) m/size at the points drawn, 0 elsewhere: on average, the full gradient."""
        share = np.zeros(samples)
        share[self._random.choice(samples, size, replace=False)] = samples / size
        return share

    def normal(self, *shape: int) -> Floats:
        """Independent N(0, 1)."""
        return self._random.standard_normal(shape)


def _mass(network: TwoLayerNetwork) -> Floats:
    if network.mass is not None:
        return network.mass
    return np.full(network.width, 1 / network.width)


def _to_numpy(tensor: Tensor) -> Floats:
    copied: Floats = tensor.to("cpu", torch.float64, copy=True).numpy()
    return copied
