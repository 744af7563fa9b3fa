"""Loss of subnetworks against the pool's training time, and the time that half the gain takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from figures.style import MUTED, caption, house_style


def draw(table: pd.DataFrame, halves: pd.DataFrame, sizes: Sequence[int]) -> Figure:
    """Draw columns samples, n, replicate, step, loss, dense; one panel a size, then the times.

    `halves` has the columns n, samples, steps, low, high.
    """
    sizes = list(dict.fromkeys(sizes))
    with house_style():
        figure = Figure(figsize=(4.6 * (len(sizes) + 1), 5.0), layout="constrained")
        panels = figure.subplots(1, len(sizes) + 1)
        for axes, size in zip(panels, sizes, strict=False):
            _curves(axes, table[table["n"] == size], halves[halves["n"] == size])
            axes.set_title(f"Subnetwork of n = {size}")
        panels[0].set_ylabel("loss  ½‖f − y‖²")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=len(labels), frameon=False)
        _times(panels[-1], halves, float(table["step"].max()))
        caption(
            figure,
            f"Geometric means over {table['replicate'].nunique()} problems. Thin dashed: the whole "
            "pool's own loss. Circles: half of the gain in log loss. Bars: 95 % intervals.",
        )
    return figure


def _curves(axes: Axes, rows: pd.DataFrame, halves: pd.DataFrame) -> None:
    samples = sorted(rows["samples"].unique())
    lowest = float(rows["loss"].min())
    for m, color in zip(samples, sns.color_palette("crest", len(samples)), strict=True):
        part = rows[rows["samples"] == m]
        logs = np.log(part[["loss", "dense"]]).groupby(part["step"]).mean()
        at, middle = np.log1p(logs.index.to_numpy(float)), logs["loss"].to_numpy()
        axes.plot(np.expm1(at) + 1, np.exp(middle), color=color, label=f"m = {m}")
        axes.plot(np.expm1(at) + 1, np.exp(logs["dense"]), color=color, linewidth=0.9,
                  linestyle="--")  # fmt: skip
        half = float(np.log1p(halves[halves["samples"] == m]["steps"].iloc[0]))
        if np.isfinite(half):
            axes.plot([np.exp(half)], [np.exp(np.interp(half, at, middle))], "o", color=color,
                      markersize=7, markerfacecolor="white")  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(lowest / 5, None)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x - 1:g}" if x < 5 else f"{x:g}"))
    axes.set_xlabel("steps of the pool's training")


def _times(axes: Axes, halves: pd.DataFrame, longest: float) -> None:
    sizes = sorted(halves["n"].unique())
    colors = sns.color_palette("colorblind")
    samples = np.array(sorted(halves["samples"].unique()), float)
    for n, color in zip(sizes, colors, strict=False):
        rows = halves[(halves["n"] == n) & np.isfinite(halves["steps"])]
        middle = rows["steps"].to_numpy(float)
        low, high = rows["low"].fillna(rows["steps"]), rows["high"].fillna(rows["steps"])
        arms = [middle - low.to_numpy(float), high.to_numpy(float) - middle]
        axes.errorbar(rows["samples"], middle, yerr=arms, color=color, marker="o",
                      markersize=5, linewidth=1.6, elinewidth=1, label=f"n = {n}")  # fmt: skip
        if n == sizes[-1] and len(rows):
            first = float(rows["samples"].iloc[0])
            guide = np.log(samples) / np.log(first) * middle[0]
            axes.plot(samples, guide, color=MUTED, linestyle="--", linewidth=1.2,
                      label="proportional to log m")  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(list(samples)))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    axes.set_ylim(0.5, 2 * longest)
    axes.set_xlabel("data points, m")
    axes.set_ylabel("steps for half the gain")
    axes.set_title("How long to train")
    axes.legend(frameon=False)
