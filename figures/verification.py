"""One pool: loss against steps for each rule, beside the bounds, and how many atoms it uses."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.style import MUTED, RULES, caption, house_style, size_axis, spread


def draw(table: pd.DataFrame, bounds: pd.DataFrame, best: float) -> Figure:
    """Draw tables with the columns rule, n, loss, distinct, and rule, guarantee, n, bound.

    `best` is the least loss in the hull; above 0 it is drawn as a line.
    """
    with house_style():
        figure = Figure(figsize=(12.4, 5.2), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
        _losses(left, table, bounds, best)
        _distinct(right, table)
        text = "Dashed or dotted and grey: what the guarantees allow. A step of a rule with equal "
        caption(
            figure, text + "weights adds one neuron, so that an atom chosen twice counts twice."
        )
    return figure


def _losses(axes: Axes, table: pd.DataFrame, bounds: pd.DataFrame, best: float) -> None:
    shown = table[table["loss"] > 0]
    low, high = 1e-16, 1.0
    if len(shown):
        low, high = float(shown["loss"].min()), float(shown["loss"].max())
    for rule, look in RULES.items():
        rows = shown[shown["rule"] == rule]
        if len(rows):
            axes.plot(rows["n"], rows["loss"], look.line, color=look.color, label=look.label)
    axes.set_yscale("log")
    axes.set_ylim(max(low, 1e-6 * high) / 3, high * 5)
    size_axis(axes, np.sort(table["n"].unique()))
    _bounds(axes, bounds, high * 5)
    if best > 0:
        axes.axhline(best, color=MUTED, linewidth=0.8)
        axes.annotate("the least loss in the hull", (1, best), xytext=(2, 3), color=MUTED,
                      textcoords="offset points", fontsize=9.5)  # fmt: skip
    axes.set_xlabel("steps, n")
    axes.set_ylabel("loss  ½‖f − y‖²")
    axes.set_title("Loss after n steps, and what the guarantees allow")
    if len(shown):
        axes.legend(frameon=False, fontsize=9.5, loc="lower left")


def _bounds(axes: Axes, bounds: pd.DataFrame, top: float) -> None:
    """Thin lines in the colour of the rule they hold for, named where they end."""
    ends = []
    for (rule, guarantee), rows in bounds.groupby(["rule", "guarantee"], sort=False):
        if 0 < rows["bound"].min() < top:
            color = RULES[rule].color
            axes.plot(rows["n"], rows["bound"], "--", color=color, linewidth=1.1, alpha=0.8)
            ends.append((float(np.log(rows["bound"].iloc[-1])), guarantee, color))
    last = float(bounds["n"].max()) if len(bounds) else 1.0
    heights = spread([height for height, _, _ in ends], 0.055 * _span(axes))
    for height, (_, guarantee, color) in zip(heights, ends, strict=True):
        axes.annotate(guarantee.replace("_", " "), (last, np.exp(height)), xytext=(6, 0),
                      textcoords="offset points", va="center", fontsize=9, color=color)  # fmt: skip
    axes.set_xlim(0.93, last * (4.5 if ends else 1.07))


def _span(axes: Axes) -> float:
    low, high = axes.get_ylim()
    return float(np.log(high / low))


def _distinct(axes: Axes, table: pd.DataFrame) -> None:
    for rule, look in RULES.items():
        rows = table[table["rule"] == rule]
        if len(rows):
            axes.plot(rows["n"], rows["distinct"], look.line, color=look.color)
    size_axis(axes, np.sort(table["n"].unique()))
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    axes.set_xlabel("steps, n")
    axes.set_ylabel("different atoms")
    axes.set_title("How many atoms carry weight")
