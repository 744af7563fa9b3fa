"""Atoms in the plane, their hull, the target, the inscribed ball, and the path of f_{S_n}."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from scipy.spatial import ConvexHull

from figures.style import INK, MUTED, REGIMES, house_style, size_axis

_LOOKS = {
    "inside": ("Target inside: the ball keeps n·‖f − y‖ bounded", REGIMES["deep inside"]),
    "outside": ("Target outside: f approaches the nearest point", REGIMES["outside"]),
}


def draw(table: pd.DataFrame) -> Figure:
    """Draw a tidy table with the columns case, kind, index, x, y, excess, bound, gamma.

    The kinds are atom, target, nearest (point of the hull) and path (index n from 1).
    """
    with house_style():
        figure = Figure(figsize=(11.5, 8.2), layout="constrained")
        panels = figure.subplots(2, 2, height_ratios=[2.1, 1])
        for column, case in enumerate(_LOOKS):
            rows = table[table["case"] == case]
            _plane(panels[0, column], case, rows)
            _loss(panels[1, column], case, rows[rows["kind"] == "path"])
    return figure


def _plane(axes: Axes, case: str, rows: pd.DataFrame) -> None:
    title, color = _LOOKS[case]
    points = {kind: part[["x", "y"]].to_numpy() for kind, part in rows.groupby("kind")}
    atoms, path, target = points["atom"], points["path"], points["target"][0]
    corners = atoms[ConvexHull(atoms).vertices]
    axes.add_patch(Polygon(corners, facecolor="#f1f1f1", edgecolor=MUTED, linewidth=1.2))
    gamma = float(rows["gamma"].iloc[0])
    if gamma > 0:  # the pool's norm divides by m = 2
        axes.add_patch(
            Circle(target, gamma * np.sqrt(2), facecolor=color, alpha=0.15, edgecolor=color)
        )
        axes.annotate(
            "largest ball around y", (target[0], target[1] + gamma * np.sqrt(2)), xytext=(0, 4),
            textcoords="offset points", color=color, fontsize=9.5, ha="center",
        )  # fmt: skip
    else:
        nearest = points["nearest"][0]
        axes.plot(*zip(target, nearest, strict=True), color=MUTED, linestyle=":", linewidth=1.4)
        axes.plot(*nearest, marker="o", color="white", markeredgecolor=INK, markersize=7, zorder=6)
        axes.annotate("nearest point u*", nearest, xytext=(-8, -14), textcoords="offset points",
                      fontsize=9.5, ha="right")  # fmt: skip
    axes.plot(*atoms.T, linestyle="", marker="o", color=INK, markersize=5)
    axes.plot(*path.T, color=color, linewidth=1.3, marker="o", markersize=3, zorder=4)
    for n in (1, 2, 3, 4):
        axes.annotate(f"n = {n}" if n == 1 else f"{n}", path[n - 1], xytext=(6, 5),
                      textcoords="offset points", fontsize=9.5, color=color)  # fmt: skip
    axes.plot(
        *target, marker="*", color="#d55e00", markersize=15, markeredgecolor="white", zorder=7
    )
    axes.annotate("target y", target, xytext=(9, -12), textcoords="offset points",
                  fontsize=10, color="#d55e00", weight="bold")  # fmt: skip
    axes.set_title(title)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("output on the first data point")
    axes.set_ylabel("on the second")


def _loss(axes: Axes, case: str, path: pd.DataFrame) -> None:
    color = _LOOKS[case][1]
    axes.plot(path["index"], path["excess"], color=color, linewidth=1.4)
    axes.plot(path["index"], path["bound"], color=INK, linestyle="--", linewidth=1.3)
    axes.set_yscale("log")
    size_axis(axes, path["index"], decades=True)
    what = "loss" if case == "inside" else "loss above the best, L − L*"
    power = "1/n²" if case == "inside" else "log n / n"
    axes.set_ylabel(what)
    axes.annotate(
        f"guaranteed at every n: a constant × {power}",
        (float(path["index"].iloc[-1]), float(path["bound"].iloc[-1])), xytext=(0, 8),
        textcoords="offset points", ha="right", fontsize=9.5,
    )  # fmt: skip
