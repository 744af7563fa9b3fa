"""Mean-field gradient descent, many replicas at once.

    θ_i ← θ_i − η·n·∂L/∂θ_i,     L = ½‖f − y‖² = (1/2m) Σ_j (f_j − y_j)²,

so that the time t = η·steps means the same at every width n. With e = f − y on the data and
h_ij = σ(a_i·x_j) the gradients of one replica are

    n·∂L/∂b_i = (1/m) Σ_j h_ij e_j,     n·∂L/∂a_i = (b_i/m) Σ_j σ'(a_i·x_j) e_j x_j.

They are written by hand over stacked replicas (R, n, d) and updated in place. σ' is a function of
h for every activation here, so one fused pass turns (e, h) into e·σ'. A neuron of mass μ stands
for μ·n equal ones, each of which moves as above, so masses enter f alone. Replicas are stepped in
chunks that stay in a processor's cache; the chunks follow from the shapes alone.

Sources: the mean-field scaling is that of Mei, Montanari, Nguyen 2018 (arXiv:1804.06561) and of
Rotskoff, Vanden-Eijnden 2018 (arXiv:1805.00915).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from theory.activation import Activation
from theory.errors import (
    Diverged,
    Floats,
    InvalidInput,
    check_choice,
    check_count,
    check_positive,
)
from theory.network import TwoLayerNetwork, random_network
from theory.problem import Problem

Precision = Literal["float32", "float64"]

_CACHE = 2**20  # bytes of hidden activations that one chunk of replicas may take on a processor
_BLOW_UP = 1e3  # a loss this many times above the larger of its start and ½‖y‖² has diverged

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


@dataclass(frozen=True)
class Training:
    """How to train: gradient descent with step `rate`·n for `steps` steps."""

    rate: float = 0.5
    """η; training time is η·steps"""
    steps: int = 200
    """gradient steps"""
    dtype: Precision = "float32"
    """precision of the training; whatever is judged is recomputed in float64"""
    device: str = "cpu"
    """cpu, cuda or cuda:K"""
    batch: int | None = None
    """data points drawn anew, without replacement, for the gradient of each step; None: all"""
    noise: float = 0.0
    """every weight gets noise·√η·N(0, 1) after each step: Langevin, temperature noise²/2"""

    def __post_init__(self) -> None:
        check_positive("training.rate", self.rate)
        check_count("training.steps", self.steps, least=0)
        if self.batch is not None:
            check_count("training.batch", self.batch)
        if self.noise != 0:
            check_positive("training.noise", self.noise)
        check_choice("training.dtype", self.dtype, ("float32", "float64"))
        try:
            device = torch.device(self.device)
            known = device.type in ("cpu", "cuda")
        except (RuntimeError, TypeError):
            known = False
        if not known:
            raise InvalidInput(
                f"training.device is {self.device!r}; it must be cpu, cuda or cuda:K"
            )
        if device.type == "cuda" and not torch.cuda.is_available():
            raise InvalidInput(
                f"training.device is {self.device!r}, but no CUDA device is to be seen; use cpu"
            )


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One replica's training: its network at the snapshot steps, its loss at every step."""

    snapshots: Mapping[int, TwoLayerNetwork]
    """step -> network, step 0 being the initial one"""
    losses: Floats
    """(steps + 1,) loss before each step and after the last, in the precision of the training"""

    @property
    def final(self) -> TwoLayerNetwork:
        """The network after the last snapshot."""
        return self.snapshots[max(self.snapshots)]


def train(
    problem: Problem,
    *,
    width: int,
    replicates: int = 1,
    seed: int = 0,
    activation: Activation = "relu",
    training: Training | None = None,
    snapshots: Sequence[int] | None = None,
) -> list[Trajectory]:
    """Train `replicates` networks of one width on a problem, from independent Gaussian neurons.

    Replicate k depends on `seed` and k alone, not on how many are trained beside it.
    """
    check_count("width", width)
    check_count("replicates", replicates)
    seeds = np.random.SeedSequence(check_count("seed", seed, least=0)).spawn(replicates)
    networks = [
        random_network(
            width, problem.dimension, seed=np.random.default_rng(s), activation=activation
        )
        for s in seeds
    ]
    return descend([problem] * replicates, networks, training, snapshots=snapshots)


def descend(
    problems: Sequence[Problem],
    networks: Sequence[TwoLayerNetwork],
    training: Training | None = None,
    *,
    snapshots: Sequence[int] | None = None,
) -> list[Trajectory]:
    """Train networks of one width and activation, each from where it stands, on its own problem.

    `snapshots` are the steps at which the networks are kept (default: after the last step); a
    network that was kept can be handed in again, and goes on from there. Mini-batches and noise
    are drawn from a stream that the network's initial weights alone decide.
    Raises `InvalidInput` if the shapes do not match, `Diverged` if a loss blows up.
    """
    training = Training() if training is None else training
    wanted = _check_snapshots(snapshots, training.steps)
    _check_alike(problems, networks)
    if training.batch is not None and training.batch > problems[0].samples:
        raise InvalidInput(
            f"training.batch is {training.batch}; it must be at most the number of data points, "
            f"{problems[0].samples}"
        )
    trajectories: list[Trajectory] = []
    chunk = _chunk_size(networks[0].width, problems[0].samples, len(problems), training)
    for start in range(0, len(problems), chunk):
        part = slice(start, start + chunk)
        kept, losses = _descend_chunk(problems[part], networks[part], training, wanted)
        for r, problem in enumerate(problems[part]):
            _check_converging(start + r, problem, losses[:, r], training)
            trained = {
                step: replace(networks[start + r], hidden=hidden[r], output=output[r])
                for step, (hidden, output) in kept.items()
            }
            trajectories.append(Trajectory(trained, losses[:, r]))
    return trajectories


def _descend_chunk(
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


def _chunk_size(width: int, samples: int, replicas: int, training: Training) -> int:
    if torch.device(training.device).type != "cpu":
        return replicas
    bytes_each = width * samples * (8 if training.dtype == "float64" else 4)
    return max(1, min(replicas, _CACHE // bytes_each))


def _check_snapshots(snapshots: Sequence[int] | None, steps: int) -> list[int]:
    wanted = [steps] if snapshots is None else sorted(set(snapshots))
    if not wanted:
        raise InvalidInput("snapshots is empty; name at least one step, or leave it out")
    return [check_count("snapshots", step, least=0, most=steps) for step in wanted]


def _check_alike(problems: Sequence[Problem], networks: Sequence[TwoLayerNetwork]) -> None:
    if not problems or len(problems) != len(networks):
        raise InvalidInput(
            f"problems and networks have lengths {len(problems)} and {len(networks)}; "
            "give one network for each problem, at least one"
        )
    shapes = {p.inputs.shape for p in problems}
    if len(shapes) > 1:
        raise InvalidInput(f"problems have inputs of shapes {sorted(shapes)}; they must be alike")
    kinds = {(net.hidden.shape, net.activation) for net in networks}
    if len(kinds) > 1:
        raise InvalidInput(
            f"networks differ in shape or activation: {sorted(kinds)}; train them one kind a call"
        )
    dimension = networks[0].hidden.shape[1]
    if dimension != problems[0].dimension:
        raise InvalidInput(
            f"networks take inputs of dimension {dimension}, but the problems have dimension "
            f"{problems[0].dimension}"
        )


def _check_converging(replica: int, problem: Problem, losses: Floats, training: Training) -> None:
    ceiling = _BLOW_UP * max(losses[0], problem.loss(np.zeros(problem.samples)))
    with np.errstate(invalid="ignore"):
        bad = ~(losses <= ceiling)
    if bad.any():
        step = int(np.argmax(bad))
        raise Diverged(
            f"replica {replica} diverged at step {step} of {training.steps} (loss "
            f"{losses[0]:.3g} -> {losses[step]:.3g}) with rate {training.rate:g}; "
            f"try rate {training.rate / 4:g}"
        )
