"""The hull: atoms in the plane, a target that can be dragged, and the law that follows from it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from figures.classroom.plots import (
    INSIDE,
    ON_A_FACE,
    OUTSIDE,
    Trace,
    css,
    dots,
    guides,
    line,
    plot,
    positive,
)
from figures.classroom.view import Number, Shown, State, View
from figures.style import INK, MUTED
from theory import (
    Geometry,
    InvalidInput,
    Membership,
    Pool,
    Selection,
    examine,
    fit_rate,
    guarantees,
    judge_guarantee,
    random_network,
    rounding_floor,
    rules,
)

_STEPS = 1000
_POINTS = ((1.0, 0.5), (-0.5, 1.0))  # the two data points
_SIDE = 1.8


@lru_cache(maxsize=64)
def _run(neurons: int, seed: int, x: float, y: float) -> tuple[Geometry, Selection]:
    network = random_network(neurons, 2, seed=seed, activation="tanh")
    pool = Pool(network.atoms(_POINTS), np.array([x, y]))
    return examine(pool), rules.greedy_forward(pool, _STEPS)


def _interior(geometry: Geometry) -> bool:
    return geometry.radius.lower > 1e-9 * geometry.target_radius


def show(state: State) -> Shown:
    """The plane, and the loss against n."""
    n = state["n"]
    geometry, selection = _run(state["neurons"], state["seed"], state["x"], state["y"])
    inside = geometry.projection.membership is not Membership.OUTSIDE
    if not inside:
        name, color = "any_target", OUTSIDE
    elif _interior(geometry):
        name, color = "target_in_interior", INSIDE
    else:
        name, color = "target_in_hull", ON_A_FACE
    return Shown(
        (_plane(geometry, selection, n, color), _loss(geometry, selection, n, name, color)),
        _facts(geometry, selection, n, name),
        _code(state, name),
    )


def _plane(geometry: Geometry, selection: Selection, n: int, color: str) -> dict[str, Any]:
    pool = geometry.pool
    path = np.cumsum(pool.atoms[selection.indices[:n]], axis=0) / np.arange(1, n + 1)[:, None]
    x, y = pool.target
    traces: list[Trace] = [
        {"type": "scatter", "mode": "lines", "x": corners[:, 0].tolist(),
         "y": corners[:, 1].tolist(), "fill": "toself", "fillcolor": "rgba(0,0,0,0.05)",
         "line": {"color": MUTED, "width": 1.2}, "hoverinfo": "skip", "showlegend": False}
        for corners in [_corners(pool)]
    ]  # fmt: skip
    sizes = 60 * np.sqrt(selection.weights(n))
    across, up = pool.atoms[:, 0], pool.atoms[:, 1]
    traces.append(dots(across, up, "chosen", css((0.0, 0.45, 0.7), 0.35), size=sizes))
    traces.append(dots(across, up, "neuron", INK, size=6))
    traces.append(line(path[:, 0], path[:, 1], "f after 1, …, n", color, width=1.4, legend=False))
    traces.append(dots(path[-1:, 0], path[-1:, 1], "f", color, size=10))
    shapes: list[dict[str, Any]] = [_disc(x, y, 0.05, INK, INK)]
    if _interior(geometry):
        shapes.append(_disc(x, y, geometry.radius.lower * np.sqrt(2), color, "rgba(0,0,0,0)"))
    elif geometry.projection.membership is Membership.OUTSIDE:
        ends = np.array([geometry.projection.point, pool.target])
        traces.append(
            line(ends[:, 0], ends[:, 1], "nearest", MUTED, dash="dot", width=1.5, legend=False)
        )
    figure = plot(
        traces, "Two data points: a neuron is a point", "output on the first", "on the second",
        shapes=shapes, showlegend=False, dragmode=False,
    )  # fmt: skip
    figure["layout"]["xaxis"] |= {"range": [-_SIDE * 1.25, _SIDE * 1.25]}
    figure["layout"]["yaxis"] |= {"range": [-_SIDE, _SIDE], "scaleanchor": "x"}
    return figure


def _corners(pool: Pool) -> np.ndarray:
    from scipy.spatial import ConvexHull

    order = ConvexHull(pool.atoms).vertices
    closed: np.ndarray = pool.atoms[[*order, order[0]]]
    return closed


def _disc(x: float, y: float, radius: float, color: str, fill: str) -> dict[str, Any]:
    corners = {"x0": x - radius, "x1": x + radius, "y0": y - radius, "y1": y + radius}
    return {
        "type": "circle",
        **corners,
        "line": {"color": color, "width": 1.5},
        "fillcolor": fill,
    }


def _excess(geometry: Geometry, selection: Selection) -> np.ndarray:
    best = geometry.projection.loss
    outside = geometry.projection.membership is Membership.OUTSIDE
    found: np.ndarray = selection.losses - best if outside else selection.losses
    return found


def _loss(
    geometry: Geometry, selection: Selection, n: int, name: str, color: str
) -> dict[str, Any]:
    sizes = np.arange(1, n + 1)
    excess = positive(_excess(geometry, selection)[:n])
    outside = name == "any_target"
    best = geometry.projection.loss if outside else 0.0
    bound = guarantees.ALL[name].bound(geometry, selection)[:n] - best
    traces = [
        line(sizes, excess, "measured", color),
        line(sizes, bound, f"guaranteed: {name.replace('_', ' ')}", INK, dash="dash", width=1.5),
        *guides([1.0, float(_STEPS)], float(excess[0])),
    ]
    what = "loss above the best, L − L*" if outside else "loss L"
    figure = plot(traces, "How fast it falls", "neurons n", what, log=True)
    figure["layout"]["xaxis"] |= {"range": [0, 3]}
    return figure


def slope(geometry: Geometry, selection: Selection, n: int) -> float | None:
    """The log-log slope of the excess loss from n = 10 on, None where there is too little."""
    sizes = np.unique(np.geomspace(10, max(n, 10), 40).astype(int))
    best = geometry.projection.loss
    outside = geometry.projection.membership is Membership.OUTSIDE
    floor = rounding_floor(geometry.target_radius**2) + 1e-13 * best
    try:
        rate = fit_rate(
            sizes, selection.losses[sizes - 1][None], offset=best if outside else 0.0, floor=floor
        )
    except InvalidInput:
        return None
    return -rate.exponent


def _facts(geometry: Geometry, selection: Selection, n: int, name: str) -> tuple[str, ...]:
    where = {
        "any_target": "The target is outside the hull: no network of these neurons reaches it.",
        "target_in_hull": "The target is on the edge of the hull: there is no ball around it.",
        "target_in_interior": "The target is inside, with a ball of radius "
        f"γ = {geometry.radius.lower:.3g} around it.",
    }[name]
    found = slope(geometry, selection, n)
    if n < 30:
        measured = "Slope: take n beyond 30."
    elif found is None:
        measured = "No slope: the best point is one neuron, or reached to rounding."
    else:
        measured = f"Slope of the curve from n = 10 to {n}: {found:.2f}".replace("-", "−") + "."
    verdict = judge_guarantee(guarantees.ALL[name], geometry, selection)
    says = f"{verdict.predicted}: {verdict.outcome}; {verdict.sentence}"
    return where, measured, f"{int(selection.distinct[n - 1])} different neurons of {n}.", says


def _code(state: State, name: str) -> str:
    return f"""import theory

network = theory.random_network({state["neurons"]}, 2, seed={state["seed"]}, activation="tanh")
pool = theory.Pool(network.atoms({_POINTS}), ({state["x"]}, {state["y"]}))
selection = theory.rules.greedy_forward(pool, {state["n"]})
geometry = theory.examine(pool)
print(geometry.projection.membership, geometry.radius.lower, selection.losses[-1])
print(theory.judge_guarantee(theory.guarantees.ALL["{name}"], geometry, selection).sentence)
"""


VIEW = View(
    name="hull",
    title="The hull",
    claim="Inside the hull of the neurons the loss falls as 1/n²; outside, about 1/n is promised.",
    question="Drag the target over the hull's edge. What will happen to the slope?",
    answer="Inside, the ball around the target pulls every wandering sum w = n·(f − y) back, so w "
    "stays bounded and the loss ½‖w‖²/n² falls with slope −2. Outside nothing pulls it back: a "
    "neuron once chosen that is not on the side of the hull next to the target leaves an error of "
    "1/n for good, slope −1. Where all those chosen lie on that side, the slope is −2 there too, "
    "and where the best point is a corner, one neuron is enough.",
    formula=r"$$L(f_n) \le \frac{R^2}{2n^2},\quad R = \max\left(D, \frac{D^2}{2\gamma}\right)$$",
    controls=(
        Number("n", "n, neurons chosen", 100, 1, _STEPS),
        Number("x", "target, first output", 0.1, -_SIDE, _SIDE, 0.01),
        Number("y", "target, second output", 0.1, -_SIDE, _SIDE, 0.01),
        Number("neurons", "N, neurons in the pool", 20, 3, 60),
        Number("seed", "another pool", 0, 0, 20),
    ),
    show=show,
    hint="Drag the black disc, or click where the target shall be. (A norm divides by m = 2: the "
    "circle around it has the radius γ√2.)",
)
