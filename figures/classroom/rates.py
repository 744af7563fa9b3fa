"""The rates: three ways to a network of n neurons, over training time, data and pool."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from figures.classroom.plots import (
    PRUNED,
    SCRATCH,
    UNTRAINED,
    Trace,
    dots,
    guides,
    line,
    plot,
    positive,
)
from figures.classroom.view import Choice, Number, Shown, State, View
from theory import (
    Diverged,
    InvalidInput,
    Pool,
    Problem,
    RateEstimate,
    Teacher,
    Training,
    compare_methods,
    descend,
    fit_rate,
    judge_below,
    judge_order,
    mean_estimate,
    nearest_point,
    random_network,
    rules,
    teacher_problem,
)
from theory.errors import Floats

_REPLICATES = 4
_SIZES = (10, 20, 40, 80, 160, 320)
_RULES = ("greedy_forward", "herding", "frank_wolfe", "random_subset")
_NAMES = {"pruned": "pruned, trained pool", "untrained": "pruned, random pool",
          "scratch": "trained at n"}  # fmt: skip
_COLORS = {"pruned": PRUNED, "untrained": UNTRAINED, "scratch": SCRATCH}


@lru_cache(maxsize=64)
def _problems(samples: int, dimension: int) -> tuple[Problem, ...]:
    teacher = Teacher(samples=samples, dimension=dimension)
    return tuple(teacher_problem(teacher, seed=k) for k in range(_REPLICATES))


@lru_cache(maxsize=64)
def _curves(
    pool: int, samples: int, dimension: int, steps: int, rule: str
) -> dict[str, tuple[Floats, Floats]]:
    """Each way's losses (replicates, sizes) and the best that its pool can do (replicates,)."""
    problems = _problems(samples, dimension)
    before = [random_network(pool, p.dimension, seed=100 + k) for k, p in enumerate(problems)]
    training = Training(steps=steps)
    after = [t.final for t in descend(problems, before, training)]
    at = np.array(_SIZES) - 1
    found = {}
    for name, networks in (("pruned", after), ("untrained", before)):
        losses, best = [], []
        for k, (problem, network) in enumerate(zip(problems, networks, strict=True)):
            atoms = Pool(network.atoms(problem.inputs), problem.target)
            options = {"seed": k} if rule in rules.DRAWING else {}
            losses.append(rules.named(rule)(atoms, _SIZES[-1], **options).losses[at])
            best.append(nearest_point(atoms).best)
        found[name] = (np.array(losses), np.array(best))
    columns = []
    for n in _SIZES:
        networks = [random_network(n, p.dimension, seed=200 + k) for k, p in enumerate(problems)]
        trained = descend(problems, networks, training)
        pairs = zip(problems, trained, strict=True)
        columns.append([p.loss(t.final.predict(p.inputs)) for p, t in pairs])
    found["scratch"] = (np.array(columns).T, np.zeros(_REPLICATES))
    return found


def show(state: State) -> Shown:
    """The three curves, and what the verdicts say."""
    key = (state["pool"], state["samples"], state["dimension"], state["steps"], state["rule"])
    try:
        curves = _curves(*key)
    except Diverged as error:
        empty = plot([], "Training diverged", "", "")
        return Shown((empty, empty), (f"{error}.",), _code(state))
    rates = {name: _rate(losses, best) for name, (losses, best) in curves.items()}
    facts = _facts(curves, rates)
    if state["rule"] == "frank_wolfe":
        facts = ("Frank-Wolfe optimises its weights: n counts its steps, not neurons.", *facts)
    return Shown((_losses(curves, rates), _ratios(curves)), facts, _code(state))


def _rate(losses: Floats, best: Floats) -> RateEstimate | None:
    try:
        return fit_rate(_SIZES, losses, offset=best if best.any() else None)
    except InvalidInput:
        return None


def _losses(
    curves: dict[str, tuple[Floats, Floats]], rates: dict[str, RateEstimate | None]
) -> dict[str, Any]:
    traces: list[Trace] = []
    for name, (losses, _) in curves.items():
        rate = rates[name]
        shown = "" if rate is None else f", slope {-rate.exponent:.2f}".replace("-", "−")
        middle = np.exp(np.log(positive(losses)).mean(axis=0))
        traces.append(line(_SIZES, middle, _NAMES[name] + shown, _COLORS[name]))
        for curve in losses:
            traces.append(dots(_SIZES, positive(curve), _NAMES[name], _COLORS[name], size=4))
    start = max(float(losses[:, 0].mean()) for losses, _ in curves.values())
    return plot([*traces, *guides([10.0, 320.0], start)], "Loss of a network of n neurons",
                "neurons n", "loss L", log=True)  # fmt: skip


def _ratios(curves: dict[str, tuple[Floats, Floats]]) -> dict[str, Any]:
    compared = compare_methods(_SIZES, curves["pruned"][0], curves["scratch"][0])
    low, mean, high = compared.low, compared.log_ratio, compared.high
    traces: list[Trace] = [
        line(_SIZES, high, "95 % interval", "rgba(1,115,178,0.3)", width=0.5),
        {**line(_SIZES, low, "low", "rgba(1,115,178,0.3)", width=0.5, legend=False),
         "fill": "tonexty", "fillcolor": "rgba(1,115,178,0.15)"},
        line(_SIZES, mean, "ln (pruned / trained at n)", PRUNED),
    ]  # fmt: skip
    zero = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 0, "y1": 0,
            "line": {"color": "#444444", "width": 1.5}}  # fmt: skip
    figure = plot(traces, "Below the line, pruning wins", "neurons n",
                  "ln of the ratio of losses", shapes=[zero])  # fmt: skip
    figure["layout"]["xaxis"] |= {"type": "log", "tickvals": list(_SIZES)}
    return figure


def _facts(
    curves: dict[str, tuple[Floats, Floats]], rates: dict[str, RateEstimate | None]
) -> tuple[str, ...]:
    said = []
    for name, claim, order in (
        ("pruned", "Pruned, trained pool, falls as 1/n²", 2),
        ("untrained", "Pruned, random pool, falls as 1/n", 1),
        ("scratch", "Trained at n falls as 1/n", 1),
    ):
        rate = rates[name]
        if rate is None:
            said.append(f"{claim}: too few points above the best that the pool can do.")
            continue
        verdict = judge_order(claim, rate, order)
        said.append(f"{claim}: {verdict.outcome}; {verdict.sentence}")
    for n in (_SIZES[0], _SIZES[-1]):
        at = _SIZES.index(n)
        ratio = np.log(curves["pruned"][0][:, at] / curves["scratch"][0][:, at])
        verdict = judge_below(f"Pruned below trained directly at n = {n}", mean_estimate(ratio))
        said.append(f"{verdict.claim}: {verdict.outcome}; {verdict.sentence}")
    return tuple(said)


def _code(state: State) -> str:
    return f"""import theory

teacher = theory.Teacher(samples={state["samples"]}, dimension={state["dimension"]})
training = theory.Training(steps={state["steps"]})
for k in range({_REPLICATES}):
    problem = theory.teacher_problem(teacher, seed=k)
    before = theory.random_network({state["pool"]}, problem.dimension, seed=100 + k)
    after = theory.descend([problem], [before], training)[0].final
    pool = theory.Pool(after.atoms(problem.inputs), problem.target)
    selection = theory.rules.named("{state["rule"]}")(pool, {_SIZES[-1]})
    print(selection.losses[{[n - 1 for n in _SIZES]}].tolist())
"""


VIEW = View(
    name="rates",
    title="The rates",
    claim="Choosing n neurons from a large pool beats training n of them, if training is short.",
    question="Pull the training time from 100 to 400 steps, then down to 20. When does training at "
    "size n win?",
    answer="Little training leaves networks that are far from what their size could do, and "
    "choosing from a large pool makes up for it. The longer all train, the further right the "
    "crossing moves: direct training has no limit but time, while the equal weights of the pruned "
    "network have one.",
    formula=r"$$\text{pruned: } O(1/n^2), \qquad \text{trained directly: } O(1/n)\ ?$$",
    controls=(
        Number("steps", "training steps", 100, 0, 400, 10),
        Number("pool", "N, neurons in the pool", 600, 100, 1000, 50),
        Number("samples", "m, data points", 40, 20, 100, 5),
        Number("dimension", "d, dimension of the inputs", 10, 5, 30),
        Choice("rule", "rule", "greedy_forward", _RULES),
    ),
    show=show,
)
