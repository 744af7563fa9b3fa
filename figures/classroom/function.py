"""The function: networks on the line, pruned, trained directly, and pruned from random neurons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from figures.classroom.plots import PRUNED, SCRATCH, UNTRAINED, dots, line, mark, plot, positive
from figures.classroom.view import Choice, Number, Shown, State, View
from figures.style import INK
from theory import (
    Pool,
    Problem,
    Selection,
    Training,
    TwoLayerNetwork,
    descend,
    random_network,
    rules,
)
from theory.activation import Activation
from theory.errors import Floats

_POINTS, _MOST, _SHOWN_NEURONS = 40, 200, 40
_SIZES = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200)
_TARGETS: dict[str, Callable[[Floats], Floats]] = {
    "wave": lambda x: 0.4 * np.sin(3 * x),
    "step": lambda x: 0.3 * np.sign(x),
    "kink": lambda x: 0.6 * np.abs(x) - 0.3,
    "bump": lambda x: 0.7 * np.exp(-8 * x**2) - 0.2,
}


@dataclass(frozen=True, eq=False)
class _Run:
    problem: Problem
    before: TwoLayerNetwork
    after: TwoLayerNetwork
    pruned: Selection
    untrained: Selection


@lru_cache(maxsize=64)
def _run(target: str, activation: Activation, pool: int, steps: int) -> _Run:
    x = np.linspace(-1, 1, _POINTS)
    problem = Problem(np.column_stack([2 * x, np.ones(_POINTS)]), _TARGETS[target](x), target)
    before = random_network(pool, 2, seed=0, activation=activation)
    after = descend([problem], [before], Training(rate=0.2, steps=steps))[0].final
    chosen = [
        rules.greedy_forward(Pool(network.atoms(problem.inputs), problem.target), _MOST)
        for network in (after, before)
    ]
    return _Run(problem, before, after, *chosen)


@lru_cache(maxsize=512)
def _direct(target: str, activation: Activation, pool: int, steps: int, n: int) -> TwoLayerNetwork:
    """Trained at size n; `pool` only names the run whose problem it shares."""
    problem = _run(target, activation, pool, steps).problem
    network = random_network(n, 2, seed=1, activation=activation)
    return descend([problem], [network], Training(rate=0.2, steps=steps))[0].final


def show(state: State) -> Shown:
    """The functions, with the chosen neurons behind them, and the losses."""
    n = state["n"]
    key = (state["target"], state["activation"], state["pool"], state["steps"])
    run = _run(*key)
    return Shown(
        (_functions(run, _direct(*key, n), n), _losses(run, key, n)),
        _facts(run, _direct(*key, n), n),
        _code(state),
    )


def _functions(run: _Run, direct: TwoLayerNetwork, n: int) -> dict[str, Any]:
    problem = run.problem
    x = problem.inputs[:, 0] / 2
    weights = run.pruned.weights(n)
    atoms = run.after.atoms(problem.inputs)
    strongest = np.argsort(-weights, kind="stable")[: min(_SHOWN_NEURONS, n)]
    traces = [
        line(x, atoms[i], f"neuron, weight {weights[i]:.3g}",
             f"rgba(1,115,178,{0.12 + 0.6 * weights[i] / weights.max():.2f})", width=1,
             legend=False)
        for i in strongest
        if weights[i] > 0
    ]  # fmt: skip
    traces += [
        dots(x, problem.target, "target", INK, size=6, legend=True),
        line(x, weights @ atoms, f"pruned, n = {n}", PRUNED),
        line(x, direct.predict(problem.inputs), f"trained at n = {n}", SCRATCH, dash="dash"),
        line(x, run.untrained.weights(n) @ run.before.atoms(problem.inputs),
             f"random neurons pruned, n = {n}", UNTRAINED, dash="dot"),
    ]  # fmt: skip
    figure = plot(
        traces,
        f"Target and networks; thin: the {_SHOWN_NEURONS} neurons with most weight",
        "x",
        "f(x)",
    )
    reach = 2.2 * float(np.abs(problem.target).max())
    figure["layout"]["yaxis"] |= {"range": [-reach, reach]}
    return figure


def _losses(run: _Run, key: tuple[Any, ...], n: int) -> dict[str, Any]:
    sizes = np.arange(1, _MOST + 1)
    direct = [_loss(run.problem, _direct(*key, size)) for size in _SIZES]
    traces = [
        line(sizes, positive(run.pruned.losses), "pruned", PRUNED),
        line(sizes, positive(run.untrained.losses), "random neurons pruned", UNTRAINED,
             dash="dot"),
        line(_SIZES, direct, "trained at n", SCRATCH, dash="dash"),
    ]  # fmt: skip
    return plot(traces, "Loss against n", "neurons n", "loss L", log=True, shapes=[mark(n)])


def _loss(problem: Problem, network: TwoLayerNetwork) -> float:
    return problem.loss(network.predict(problem.inputs))


def _facts(run: _Run, direct: TwoLayerNetwork, n: int) -> tuple[str, ...]:
    return (
        f"n = {n}: loss {run.pruned.losses[n - 1]:.2e} pruned, {_loss(run.problem, direct):.2e} "
        f"trained directly, {run.untrained.losses[n - 1]:.2e} from random neurons.",
        f"The pruned network has {int(run.pruned.distinct[n - 1])} different neurons; the stronger "
        "a thin line, the more often its neuron was chosen.",
        f"The whole pool of {run.after.width} has {_loss(run.problem, run.after):.2e}.",
    )


def _code(state: State) -> str:
    shape = {
        "wave": "0.4 * np.sin(3 * x)",
        "step": "0.3 * np.sign(x)",
        "kink": "0.6 * np.abs(x) - 0.3",
        "bump": "0.7 * np.exp(-8 * x**2) - 0.2",
    }[state["target"]]
    return f"""import numpy as np
import theory

x = np.linspace(-1, 1, {_POINTS})
problem = theory.Problem(np.column_stack([2 * x, np.ones({_POINTS})]), {shape})
before = theory.random_network({state["pool"]}, 2, seed=0, activation="{state["activation"]}")
training = theory.Training(rate=0.2, steps={state["steps"]})
after = theory.descend([problem], [before], training)[0].final
pool = theory.Pool(after.atoms(problem.inputs), problem.target)
selection = theory.rules.greedy_forward(pool, {state["n"]})
print(selection.losses[-1], selection.distinct[-1])
"""


VIEW = View(
    name="function",
    title="The function",
    claim="Pruning picks, from a crowd of neurons, the few whose mean is the function wanted.",
    question="Which fits better at n = 10: ten neurons trained together, or ten chosen out of "
    "hundreds? And at n = 200?",
    answer="Few neurons fit better when they are trained for their size: each can move to where it "
    "is needed. With many, choosing often wins: the chosen ones correct one another's errors one "
    "by one, while training at that size needs time. On the kink, and with more steps, it does "
    "not.",
    formula=r"$$f_n(x) = \frac1n \sum_{i \in S_n} b_i\, \sigma(a_i \cdot x)$$",
    controls=(
        Number("n", "n, neurons in the network", 10, 1, _MOST),
        Number("pool", "N, neurons in the pool", 300, 10, 400, 10),
        Number("steps", "training steps", 200, 0, 400, 10),
        Choice("target", "target", "wave", tuple(_TARGETS)),
        Choice("activation", "activation", "relu", ("relu", "tanh", "sigmoid")),
    ),
    show=show,
)
