"""Atoms in the plane, their hull, the target, the inscribed ball, and the path of f_{S_n}."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from scipy.spatial import ConvexHull

from figures.style import INK, MUTED, REGIMES, caption, house_style, size_axis
from theory.errors import Floats

_COLORS = {"inside": REGIMES["deep inside"], "outside": REGIMES["outside"]}
_NORM = np.sqrt(2)  # the pool's norm divides by m = 2: a ball of radius r is a circle of r·√2
_STAR = "#222222"


def draw(table: pd.DataFrame) -> Figure:
    """Draw a tidy table with the columns case, kind, index, x, y, picked, excess, bound, gamma.

    The kinds are atom, target, nearest (point of the hull) and path (index n from 1).
    """
    with house_style():
        figure = Figure(figsize=(14, 8.4), layout="constrained")
        panels = figure.subplots(2, 3, width_ratios=[1.25, 1, 1])
        for row, case in enumerate(_COLORS):
            rows = table[table["case"] == case]
            path = rows[rows["kind"] == "path"]
            target = rows[rows["kind"] == "target"][["x", "y"]].to_numpy()[0]
            _plane(panels[row, 0], case, rows, target)
            _walk(panels[row, 1], case, path, target)
            _loss(panels[row, 2], case, path)
        caption(
            figure,
            "Left: the line is f after 1, 2, 3, … picks; discs show how often an atom was picked. "
            "Dashed: what is guaranteed at every n. "
            "A norm ‖·‖ divides by m = 2, so a circle of radius γ is drawn with γ√2.",
        )
    return figure


def _plane(axes: Axes, case: str, rows: pd.DataFrame, target: Floats) -> None:
    color = _COLORS[case]
    points = {kind: part[["x", "y"]].to_numpy() for kind, part in rows.groupby("kind")}
    atoms, path = points["atom"], points["path"]
    picked = rows[rows["kind"] == "atom"]["picked"].to_numpy()
    corners = atoms[ConvexHull(atoms).vertices]
    axes.add_patch(Polygon(corners, facecolor="#f2f2f2", edgecolor=MUTED, linewidth=1.2))
    gamma = float(rows["gamma"].iloc[0])
    if gamma > 0:
        ball = Circle(
            (target[0], target[1]), gamma * _NORM, facecolor=(*color, 0.15), edgecolor=color
        )
        axes.add_patch(ball)
        _note(axes, "largest ball around y, radius γ", (target[0], target[1] + gamma * _NORM),
              (0, 5), color, ha="center")  # fmt: skip
    else:
        nearest = points["nearest"][0]
        axes.plot(*zip(target, nearest, strict=True), color=MUTED, linestyle=":", linewidth=1.4)
        axes.plot(*nearest, marker="o", color="white", markeredgecolor=INK, markersize=7, zorder=6)
        _note(axes, "nearest point u*", nearest, (-8, -14), INK, ha="right")
    axes.scatter(atoms[:, 0], atoms[:, 1], s=18, color=INK, zorder=3)
    axes.scatter(
        atoms[:, 0], atoms[:, 1], s=700 * picked / picked.sum(), color=(*color, 0.45), zorder=2
    )
    axes.plot(*path.T, color=color, linewidth=1.2, marker="o", markersize=3, zorder=4)
    axes.plot(*target, marker="*", color=_STAR, markersize=14, markeredgecolor="white", zorder=7)
    _note(axes, "target y", target, (9, -13), _STAR)
    axes.set_title(f"Target {case} the hull")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("output on the first data point")
    axes.set_ylabel("output on the second")


def _walk(axes: Axes, case: str, path: pd.DataFrame, target: Floats) -> None:
    color = _COLORS[case]
    steps = path["index"].to_numpy()[:, None]
    walk = np.vstack([[0.0, 0.0], steps * (path[["x", "y"]].to_numpy() - target)])
    axes.plot(*walk.T, color=color, linewidth=0.8, marker="o", markersize=2.5)
    axes.plot(0, 0, marker="*", color=_STAR, markersize=14, markeredgecolor="white", zorder=7)
    if case == "inside":
        radius = float(np.sqrt(2 * path["bound"].iloc[0]))
        axes.add_patch(Circle((0, 0), radius * _NORM, fill=False, edgecolor=INK, linestyle="--"))
        _note(axes, "guaranteed: ‖w‖ ≤ R", (0, -radius * _NORM), (0, -13), INK, ha="center")
        axes.set_title("w = n·(f − y) stays in a disc")
    else:
        _note(axes, f"n = {len(walk) - 1}", walk[-1], (6, 6), color)
        axes.set_title("w = n·(f − y) runs away")
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.12)


def _loss(axes: Axes, case: str, path: pd.DataFrame) -> None:
    axes.plot(path["index"], path["excess"], color=_COLORS[case], linewidth=1.4)
    axes.plot(path["index"], path["bound"], color=INK, linestyle="--", linewidth=1.3)
    axes.set_yscale("log")
    size_axis(axes, path["index"], decades=True)
    if case == "inside":
        power, what, title = "R²/(2n²)", "loss", "so the loss falls as 1/n²"
    else:
        power, what, title = "V·Hₙ/(2n)", "loss above the best, L − L*", "and the loss as 1/n"
    axes.set_title(title)
    axes.set_ylabel(what)
    middle = len(path) // 20
    place = (float(path["index"].iloc[middle]), float(path["bound"].iloc[middle]))
    _note(axes, f"guaranteed at every n: {power}", place, (4, 6), INK)


def _note(
    axes: Axes, text: str, place: tuple[float, float] | Floats, shift: tuple[float, float],
    color: object, ha: str = "left",
) -> None:  # fmt: skip
    axes.annotate(
        text, (float(place[0]), float(place[1])), xytext=shift, textcoords="offset points",
        color=color, fontsize=9.5, ha=ha, zorder=8,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1},
    )  # fmt: skip
