"""Mean-field gradient descent, many replicas at once.

    θ_i ← θ_i − η·n·∂L/∂θ_i,     L = ½‖f − y‖² = (1/2m) Σ_j (f_j − y_j)²,

so that the time t = η·steps means the same at every width n. On the processor replicas are stepped
in chunks that stay in its cache, on as many threads as there are chunks and threads to be had; each
product runs on one thread, so that neither number changes a bit. The step itself is in
`theory.descent`, and for accelerators in `theory.descent_torch`.

Sources: the mean-field scaling is that of Mei, Montanari, Nguyen 2018 (arXiv:1804.06561) and of
Rotskoff, Vanden-Eijnden 2018 (arXiv:1805.00915).
"""

from __future__ import annotations

import importlib.util
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
from threadpoolctl import ThreadpoolController

from theory import descent
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

_CACHE = 2**19  # bytes of hidden activations that one chunk of replicas may take
_ALONE = threading.Lock()  # the limit on the linear algebra's threads is the whole process's
_BLOW_UP = 1e3  # a loss this many times above the larger of its start and ½‖y‖² has diverged


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
        if not re.fullmatch(r"cpu|cuda(:\d+)?", self.device):
            raise InvalidInput(
                f"training.device is {self.device!r}; it must be cpu, cuda or cuda:K"
            )
        if not self.on_processor:
            if importlib.util.find_spec("torch") is None:
                raise InvalidInput(
                    f"training.device is {self.device!r}, which takes torch, and torch is not "
                    "installed; install it (pip install torch), or use cpu"
                )
            from theory.descent_torch import check_device

            check_device(self.device)

    @property
    def on_processor(self) -> bool:
        """No accelerator."""
        return self.device == "cpu"


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
    network that was kept can be handed in again, and goes on from there (in other mini-batches and
    noise: these are drawn from a stream that the weights handed in alone decide).
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
    for kept, losses in _in_chunks(problems, networks, training, wanted):
        for r in range(losses.shape[1]):
            k = len(trajectories)
            _check_converging(k, problems[k], losses[:, r], training)
            trained = {
                step: replace(networks[k], hidden=hidden[r], output=output[r])
                for step, (hidden, output) in kept.items()
            }
            trajectories.append(Trajectory(trained, losses[:, r]))
    return trajectories


def _in_chunks(
    problems: Sequence[Problem],
    networks: Sequence[TwoLayerNetwork],
    training: Training,
    snapshots: Sequence[int],
) -> list[tuple[descent.Kept, Floats]]:
    """The chunks' weights at the snapshots, and their losses."""
    if not training.on_processor:
        from theory import descent_torch

        return [descent_torch.descend_together(problems, networks, training, snapshots)]
    replicas = len(problems)
    bytes_each = networks[0].width * problems[0].samples * np.dtype(training.dtype).itemsize

    def together(part: slice) -> tuple[descent.Kept, Floats]:
        return descent.descend_together(problems[part], networks[part], training, snapshots)

    with _ALONE:
        threads = min(replicas, _threads())
        chunk = max(1, min(-(-replicas // threads), _CACHE // bytes_each))
        parts = [slice(start, start + chunk) for start in range(0, replicas, chunk)]
        with _linear_algebra().limit(limits=1):
            if threads == 1:
                return [together(part) for part in parts]
            with ThreadPoolExecutor(threads) as pool:
                return list(pool.map(together, parts))


@cache
def _linear_algebra() -> ThreadpoolController:
    """The libraries behind NumPy's products; to find them takes a millisecond."""
    return ThreadpoolController().select(user_api="blas")


def _threads() -> int:
    """As many as the linear algebra may use here: one, in a worker process."""
    return max((library["num_threads"] for library in _linear_algebra().info()), default=1)


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
    ceiling = _BLOW_UP * max(losses[0], problem.loss(np.zeros(problem.samples))) or np.inf
    with np.errstate(invalid="ignore"):
        bad = ~((losses <= ceiling) & np.isfinite(losses))
    if bad.any():
        step = int(np.argmax(bad))
        raise Diverged(
            f"replica {replica} diverged at step {step} of {training.steps} (loss "
            f"{losses[0]:.3g} -> {losses[step]:.3g}) with rate {training.rate:g}; "
            f"try rate {training.rate / 4:g}"
        )
