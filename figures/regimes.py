"""The rate by regime: excess loss against n with its bound, one panel a place of the target."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from figures.style import INK, REGIMES, caption, guide, house_style, rate_label, size_axis
from theory import RateEstimate


def draw(
    table: pd.DataFrame, rates: Mapping[str, RateEstimate], predicted: Mapping[str, float]
) -> Figure:
    """Draw a tidy table with the columns regime, replicate, n, excess, bound.

    `rates` and `predicted` give each regime's measured exponent and the one that theory promises.
    """
    with house_style():
        figure = Figure(figsize=(13, 4.4), layout="constrained")
        panels = figure.subplots(1, len(REGIMES), sharex=True, sharey=True)
        for axes, regime in zip(panels, REGIMES, strict=True):
            rows = table[table["regime"] == regime]
            _panel(axes, regime, rows, rates[regime], predicted[regime])
        panels[0].set_ylabel("excess loss  L − L*")
        replicates = table["replicate"].nunique()
        caption(
            figure,
            f"Lines: medians over {replicates} pools, bands: the middle 80 %. Dashed: the bound "
            "that is guaranteed at every n. Dotted: slopes −1 and −2.",
        )
    return figure


def _panel(
    axes: Axes, regime: str, rows: pd.DataFrame, rate: RateEstimate, predicted: float
) -> None:
    color = REGIMES[regime]
    sns.lineplot(
        rows,
        x="n",
        y="excess",
        ax=axes,
        color=color,
        estimator="median",
        errorbar=("pi", 80),
        err_kws={"alpha": 0.2, "linewidth": 0},
    )
    medians = rows.groupby("n")[["excess", "bound"]].median()
    axes.plot(medians.index, medians["bound"], color=INK, linestyle="--", linewidth=1.3)
    size_axis(axes, rows["n"], decades=True)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=20))
    axes.set_title(f"target {regime}", color=color)
    last = medians.iloc[-1]
    sharpness = last["bound"] / last["excess"]
    axes.text(
        0.03,
        0.03,
        f"{rate_label(rate)}\nguaranteed: at least −{predicted:g}\n"
        f"bound / loss at the end: {sharpness:,.0f}",
        transform=axes.transAxes,
        fontsize=10,
        linespacing=1.4,
    )
    start = float(np.sqrt(medians.index[-1]))
    height = float(medians["excess"].iloc[0])
    for slope in (-1, -2):
        guide(axes, (start, height / start), float(medians.index[-1]), slope, "", dotted=True)
