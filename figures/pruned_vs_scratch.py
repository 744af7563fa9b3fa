"""The paper's figure: loss against size, pruned beside trained from scratch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from figures import paper_reference
from figures.style import (
    INK,
    METHODS,
    caption,
    guide,
    house_style,
    rate_label,
    size_axis,
    spread,
)
from theory import RateEstimate

_BAND = 80  # per cent of the replicates that the shaded band holds


def draw(table: pd.DataFrame, rates: dict[str, RateEstimate], *, reference: bool = True) -> Figure:
    """Draw a tidy table with the columns replicate, method, n, loss, distinct.

    `rates` gives each method's measured exponent for its label; `reference` adds the paper's lines.
    """
    with house_style():
        figure = Figure(figsize=(12.4, 5.6), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.75, 1])
        _losses(left, table, rates, reference=reference)
        _distinct(right, table)
        replicates = table["replicate"].nunique()
        band = f", bands: the middle {_BAND} % of them" if replicates > 1 else ""
        caption(
            figure,
            f"Lines: medians over {replicates} replicates (data, target and initial weights drawn "
            f"anew){band}.",
        )
    return figure


def _losses(
    axes: Axes, table: pd.DataFrame, rates: dict[str, RateEstimate], *, reference: bool
) -> None:
    _curves(axes, table, "loss")
    sizes = np.sort(table["n"].unique())
    size_axis(axes, sizes)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=12))
    axes.set_ylabel("loss  ½‖f − y‖²")
    axes.set_title("Loss of a network of n neurons")

    if reference:
        _paper(axes)
    axes.legend(frameon=False, loc="upper right", bbox_to_anchor=(0.75, 1), fontsize=9.5)

    low, high = float(sizes[0]), float(sizes[-1])
    bottom = table.groupby("n")["loss"].min().iloc[0]
    _end_labels(axes, table, rates)
    for slope, lift in ((-1, 0.62), (-2, 0.5)):
        guide(axes, (low, bottom * lift), low * (high / low) ** 0.45, slope, f"slope −{-slope}")
    axes.set_xlim(low * 0.93, high * 3.6)
    axes.xaxis.label.set_x(0.31)
    axes.spines["bottom"].set_bounds(low * 0.93, high * 1.03)


def _paper(axes: Axes) -> None:
    """The lines that the paper fitted to its own curves."""
    ends = np.array([paper_reference.SMALLEST, paper_reference.LARGEST])
    for curve, method in ((paper_reference.PRUNED, "pruned"), (paper_reference.SCRATCH, "scratch")):
        color = METHODS[method].color
        axes.plot(ends, curve.line(ends), color=color, linewidth=1.4, linestyle=":")
    axes.plot([], [], color=INK, linewidth=1.4, linestyle=":", label="the paper's fitted lines")


def _end_labels(axes: Axes, table: pd.DataFrame, rates: dict[str, RateEstimate]) -> None:
    last = table[table["n"] == table["n"].max()].groupby("method")["loss"].median()
    methods = [m for m in METHODS if m in last.index]
    heights = [float(np.log(last[m])) for m in methods]
    for method, actual, height in zip(methods, heights, spread(heights, 0.75), strict=True):
        look, n = METHODS[method], float(table["n"].max())
        axes.annotate(
            f"{look.label}\n{rate_label(rates[method])}",
            (n, np.exp(actual)),
            xytext=(n * 1.12, np.exp(height)),
            color=look.color,
            fontsize=10,
            va="center",
            linespacing=1.25,
            arrowprops={"arrowstyle": "-", "color": look.color, "linewidth": 0.8, "alpha": 0.6},
        )


def _distinct(axes: Axes, table: pd.DataFrame) -> None:
    sizes = np.sort(table["n"].unique())
    _curves(axes, table, "distinct")
    size_axis(axes, sizes)
    axes.set_yscale("log")
    axes.set_yticks([t for t in (20, 50, 100, 200, 500, 1000) if t <= sizes[-1] * 1.2])
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    axes.yaxis.set_minor_locator(LogLocator(subs=()))
    axes.set_ylabel("different neurons")
    axes.set_title("How many of the n are different")


def _curves(axes: Axes, table: pd.DataFrame, column: str) -> None:
    for method, look in METHODS.items():
        rows = table[table["method"] == method]
        if len(rows):
            sns.lineplot(
                rows,
                x="n",
                y=column,
                ax=axes,
                color=look.color,
                estimator="median",
                errorbar=("pi", _BAND),
                err_kws={"alpha": 0.18, "linewidth": 0},
                legend=False,
            )
