"""Mean-field training beside a loop of torch modules and `vmap(grad)`: float32, the same steps.

    python -m benchmarks.training

The main figure's sweep, with every tenth of its widths and eight replicates (m = 100, d = 51), for
its 200 steps; then eight networks of (n, m, d) = (1000, 1000, 10), with ReLU and with tanh, and one
alone, which takes one thread only. The limit is the operations of the matrix products at the rate
of a large square one. Declared targets: 4 × the module loop over the sweep; 3 × and 2.5 × at the
large networks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
import torch

from benchmarks.harness import Beside, beside, gemm_rate, in_turn, print_beside
from theory import (
    Problem,
    Teacher,
    Training,
    TwoLayerNetwork,
    descend,
    random_network,
    teacher_problem,
)

WIDTHS, REPLICATES, RATE, ROUNDS = range(90, 991, 100), 8, 0.5, 5
Way = Callable[[list[Problem], list[TwoLayerNetwork], int], list[float]]


class Module(torch.nn.Module):
    """Two linear layers and a division by n."""

    def __init__(self, network: TwoLayerNetwork) -> None:
        super().__init__()
        self.hidden = torch.nn.Parameter(torch.tensor(network.hidden, dtype=torch.float32))
        self.output = torch.nn.Parameter(torch.tensor(network.output, dtype=torch.float32))
        self.activation = getattr(torch, network.activation)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Predictions (m,)."""
        return self.activation(inputs @ self.hidden.T) @ self.output / len(self.output)


def modules(problems: list[Problem], networks: list[TwoLayerNetwork], steps: int) -> list[float]:
    """One module and one optimiser after another; the last losses."""
    losses = []
    for problem, network in zip(problems, networks, strict=True):
        module = Module(network)
        optimiser = torch.optim.SGD(module.parameters(), lr=RATE * network.width)
        inputs = torch.tensor(problem.inputs, dtype=torch.float32)
        target = torch.tensor(problem.target, dtype=torch.float32)
        for _ in range(steps):
            optimiser.zero_grad()
            (0.5 * (module(inputs) - target).square().mean()).backward()
            optimiser.step()
        with torch.no_grad():
            losses.append(0.5 * (module(inputs) - target).square().mean().item())
    return losses


def vmapped(problems: list[Problem], networks: list[TwoLayerNetwork], steps: int) -> list[float]:
    """All replicas at once by torch.func; the last losses."""

    def stack(arrays: list[np.ndarray]) -> torch.Tensor:
        return torch.tensor(np.stack(arrays), dtype=torch.float32)

    inputs, target = stack([p.inputs for p in problems]), stack([p.target for p in problems])
    hidden, output = stack([n.hidden for n in networks]), stack([n.output for n in networks])
    activation, width = getattr(torch, networks[0].activation), networks[0].width

    def loss(a: torch.Tensor, b: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return 0.5 * (activation(x @ a.T) @ b / width - y).square().mean()

    gradient = torch.func.vmap(torch.func.grad(loss, argnums=(0, 1)))
    for _ in range(steps):
        for_hidden, for_output = gradient(hidden, output, inputs, target)
        hidden = hidden - RATE * width * for_hidden
        output = output - RATE * width * for_output
    losses: list[float] = torch.func.vmap(loss)(hidden, output, inputs, target).tolist()
    return losses


def ours(problems: list[Problem], networks: list[TwoLayerNetwork], steps: int) -> list[float]:
    """This toolkit's; the last losses."""
    trajectories = descend(problems, networks, Training(rate=RATE, steps=steps))
    return [float(t.losses[-1]) for t in trajectories]


LOOP = "a loop of modules"
WAYS: dict[str, Way] = {"ours": ours, LOOP: modules, "vmap(grad)": vmapped}


def case(width: int, teacher: Teacher, count: int) -> tuple[list[Problem], list[TwoLayerNetwork]]:
    """Problems and networks of one kind."""
    problems = [teacher_problem(teacher, seed=k) for k in range(count)]
    networks = [
        random_network(width, problems[0].dimension, seed=k, activation=teacher.activation)
        for k in range(count)
    ]
    return problems, networks


def measured(
    what: str,
    cases: list[tuple[list[Problem], list[TwoLayerNetwork]]],
    steps: int,
    targets: dict[str, float],
) -> list[Beside]:
    """The rows of the sum over some cases."""
    total = {name: np.zeros(ROUNDS) for name in WAYS}
    operations, furthest = 0.0, dict.fromkeys(WAYS, 0.0)
    for problems, networks in cases:
        calls = {name: partial(way, problems, networks, steps) for name, way in WAYS.items()}
        for name, seconds in in_turn(calls, ROUNDS).items():
            total[name] += seconds
        m, d = problems[0].inputs.shape
        operations += len(problems) * steps * networks[0].width * m * (4 * d + 4)
        reference = np.array(ours(problems, networks, steps))
        for name, call in calls.items():
            off = float(np.abs(np.array(call()) / reference - 1).max())
            furthest[name] = max(furthest[name], off)
    agree = {name: f"losses within {value:.0e}" for name, value in furthest.items()}
    return beside(what, total, targets=targets, agree=agree, limit=operations / gemm_rate())


def rows() -> list[Beside]:
    """The sweep, and the large network with both activations."""
    sweep = [case(width, Teacher(), REPLICATES) for width in WIDTHS]
    found = measured("the main sweep, ReLU", sweep, Training().steps, {LOOP: 4.0})
    large: list[tuple[Literal["relu", "tanh"], int, dict[str, float]]] = [
        ("relu", REPLICATES, {LOOP: 3.0}),
        ("tanh", REPLICATES, {LOOP: 2.5}),
        ("relu", 1, {}),
        ("tanh", 1, {}),
    ]
    for activation, count, targets in large:
        teacher = Teacher(samples=1000, dimension=10, bias=False, activation=activation)
        what = f"n = m = 1000, d = 10, {activation}, {count} network{'s' if count > 1 else ''}"
        found += measured(what, [case(1000, teacher, count)], 50, targets)
    return found


if __name__ == "__main__":
    print_beside(rows())
