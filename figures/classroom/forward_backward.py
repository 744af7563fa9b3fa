"""Forward against backward: the pool on which backward is stuck, and trained neurons."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from figures.classroom.plots import BACKWARD, FORWARD, guides, line, mark, plot, positive
from figures.classroom.view import Choice, Number, Shown, State, View
from theory import (
    Pool,
    Selection,
    Teacher,
    Training,
    examine,
    guarantees,
    judge_guarantee,
    rules,
    teacher_problem,
    train,
)
from theory.guarantees.backward_stuck import counterexample

_MOST = 200
_STUCK, _TRAINED = "made to fail", "trained neurons"


@lru_cache(maxsize=64)
def _run(kind: str, size: int) -> tuple[Pool, Selection, Selection]:
    if kind == _STUCK:
        pool = counterexample(size)
    else:
        problem = teacher_problem(Teacher(samples=30, dimension=5, width=200))
        network = train(problem, width=size + 3, training=Training(steps=100))[0].final
        pool = Pool(network.atoms(problem.inputs), problem.target)
    return pool, rules.greedy_forward(pool, pool.size), rules.backward_elimination(pool)


def show(state: State) -> Shown:
    """Who carries weight at n, and the two losses."""
    pool, forward, backward = _run(state["pool"], state["size"])
    n = min(state["n"], pool.size)
    return Shown(
        (_weights(pool, forward, backward, n), _losses(forward, backward, n, pool.size)),
        _facts(state["pool"], pool, forward, backward, n),
        _code(state, n),
    )


def _weights(pool: Pool, forward: Selection, backward: Selection, n: int) -> dict[str, Any]:
    order = np.argsort(pool.atoms @ (pool.target if pool.target.any() else np.ones(pool.samples)),
                       kind="stable")  # fmt: skip
    bars = [
        {"type": "bar", "y": selection.weights(n)[order].tolist(), "name": name,
         "marker": {"color": color}, "width": 1.0}
        for selection, name, color in (
            (forward, "forward", FORWARD), (backward, "backward", BACKWARD)
        )
    ]  # fmt: skip
    return plot(bars, f"Weight of every neuron in the network of {n}",
                "neurons, by their output along the target" if pool.target.any()
                else "neurons, by their output", "weight", barmode="overlay")  # fmt: skip


def _losses(forward: Selection, backward: Selection, n: int, most: int) -> dict[str, Any]:
    sizes = np.arange(1, most + 1)
    traces = [
        line(sizes, positive(selection.losses), name, color, mode="lines+markers", width=1.5)
        for selection, name, color in (
            (forward, "forward", FORWARD), (backward, "backward", BACKWARD)
        )
    ]  # fmt: skip
    start = max(float(forward.losses[0]), float(backward.losses[0]))
    shown = np.concatenate([forward.losses, backward.losses])
    low = max(float(shown[shown > 1e-18].min()), 1e-12)
    figure = plot([*traces, *guides([1.0, float(most)], start)], "Loss against n",
                  "neurons n", "loss L; not shown: 0", log=True, shapes=[mark(n)])  # fmt: skip
    figure["layout"]["yaxis"] |= {"range": [np.log10(low) - 0.5, np.log10(2 * start)]}
    return figure


def _facts(
    kind: str, pool: Pool, forward: Selection, backward: Selection, n: int
) -> tuple[str, ...]:
    cut = "" if n < pool.size else f" (the whole pool has no more than {pool.size})"
    losses = (
        f"n = {n}{cut}: forward {forward.losses[n - 1]:.3g}, backward {backward.losses[n - 1]:.3g}."
    )
    if kind != _STUCK:
        return (
            losses,
            "On trained neurons backward elimination does well; what it lacks is a guarantee.",
        )
    guarantee = guarantees.ALL["backward_stuck"]
    verdict = judge_guarantee(guarantee, examine(pool), backward)
    return losses, f"{verdict.predicted}: {verdict.outcome}."


def _code(state: State, n: int) -> str:
    if state["pool"] == _STUCK:
        pool = f"""from theory.guarantees.backward_stuck import counterexample

pool = counterexample({state["size"]})"""
    else:
        pool = f"""
problem = theory.teacher_problem(theory.Teacher(samples=30, dimension=5, width=200))
training = theory.Training(steps=100)
network = theory.train(problem, width={state["size"] + 3}, training=training)[0].final
pool = theory.Pool(network.atoms(problem.inputs), problem.target)"""
    return f"""import theory
{pool}
forward = theory.rules.greedy_forward(pool, {n})
backward = theory.rules.backward_elimination(pool)
print(forward.losses[{n - 1}], backward.losses[{n - 1}])
"""


VIEW = View(
    name="backward",
    title="Forward or backward",
    claim="Adding the best neuron is guaranteed to work; removing the least useful one is not.",
    question="All neurons but two say −1, one says K, one says +1, and the target is 0. Backward "
    "elimination starts from the full network, which is exact. Which neuron does it drop last?",
    answer="It drops whatever is nearest to the target, and keeps the neuron K with a crowd of −1 "
    "to balance it, until K itself has to go: what is left says −1, a loss of ½. Forward takes +1 "
    "and −1 in turn and is exact at every even n.",
    formula=r"$$L(\text{backward}) = \tfrac12 \ \text{ for } n \le K/2, \qquad "
    r"L(\text{forward}) \le \frac{1}{2n^2}$$",
    controls=(
        Number("n", "n, neurons in the network", 5, 1, _MOST + 3),
        Number("size", "K", 40, 4, _MOST),
        Choice("pool", "pool", _STUCK, (_STUCK, _TRAINED)),
    ),
    show=show,
)
