"""Pruning random networks: curves by pool size, loss and exponent against N, and N against d."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from figures.style import INK, METHODS, MUTED, caption, guide, house_style, size_axis, spread
from theory import RateEstimate, mean_estimate

Color = tuple[float, float, float]
_MARKS = "osD^vP*X"


def draw(
    table: pd.DataFrame, rates: dict[tuple[str, int], RateEstimate], needed: pd.DataFrame
) -> Figure:
    """Draw the default problem's curves and rates, and the pool size needed at every d."""
    with house_style():
        figure = Figure(figsize=(13.5, 9.2), layout="constrained")
        panels = figure.subplots(2, 2, width_ratios=[1.25, 1])
        matched = sorted(needed["n"].unique())
        _curves(panels[0, 0], table)
        _loss_by_pool(panels[0, 1], table, matched)
        _exponents(panels[1, 0], rates)
        _needed(panels[1, 1], needed)
        caption(
            figure,
            f"{table['replicate'].nunique()} problems; lines: geometric means. Bars: 95 % "
            "intervals of the mean. Short lines at the right: L*, the best that a pool can do, "
            "where the target is outside.",
        )
    return figure


def _curves(axes: Axes, table: pd.DataFrame) -> None:
    random = table[table["pool"] == "random"]
    pools = sorted(random["N"].unique())
    largest = table["n"].max()
    for size, color in zip(pools, _shades(len(pools)), strict=True):
        rows = random[random["N"] == size]
        mean = _geometric(rows, "n")
        axes.plot(mean.index, mean, color=color, linewidth=1.6)
        axes.annotate(f"{size:,}".replace(",", " "), (largest, mean.iloc[-1]), xytext=(5, 0),
                      textcoords="offset points", color=color, fontsize=9, va="center")  # fmt: skip
        best = rows.groupby("replicate")["best"].first()
        if (best > 0).all():
            level = float(np.exp(np.log(best).mean()))
            axes.plot([largest * 0.55, largest], [level] * 2, color=color, linewidth=1.0)
    for kind, method in (("trained", "pruned"), ("scratch", "scratch")):
        rows = table[(table["pool"] == kind) & (table["n"] >= 10)]
        mean = _geometric(rows, "n")
        look = METHODS[method]
        axes.plot(mean.index, mean, color=look.color, linewidth=2.4, linestyle="--",
                  label=look.label)  # fmt: skip
    top = _geometric(random[random["N"] == pools[0]], "n")
    guide(axes, (30, float(top.loc[:30].iloc[-1]) * 2.5), 200, -1, "slope −1")
    guide(axes, (30, float(top.loc[:30].iloc[-1]) * 2.5), 110, -2, "slope −2")
    axes.set_yscale("log")
    size_axis(axes, table["n"], decades=True)
    axes.set_xlim(0.9, largest * 2.6)
    axes.set_ylabel("loss  ½‖f − y‖²")
    axes.set_title("Pruned from N random neurons")
    axes.legend(frameon=False, loc="lower left")


def _loss_by_pool(axes: Axes, table: pd.DataFrame, matched: Sequence[int]) -> None:
    levels: list[tuple[float, str, Color]] = []
    for n, marker in zip(matched, itertools.cycle(_MARKS), strict=False):
        rows = table[table["n"] == n]
        random = rows[rows["pool"] == "random"]
        _means(axes, random, "N", "loss", marker, INK, f"random pool, n = {n}")
        for kind, name, method in (("trained", "trained pool", "pruned"),
                                   ("scratch", "from scratch", "scratch")):  # fmt: skip
            part = rows[rows["pool"] == kind]["loss"]
            if len(part):
                level = float(np.exp(np.log(part).mean()))
                levels.append((level, f"{name}, n = {n}", METHODS[method].color))
    places = spread([float(np.log(level)) for level, _, _ in levels], 0.45)
    for (level, text, color), place in zip(levels, places, strict=True):
        axes.axhline(level, color=color, linewidth=1.4, linestyle="--")
        axes.annotate(text, (1.02, float(np.exp(place))), xycoords=("axes fraction", "data"),
                      fontsize=9, color=color, va="center", annotation_clip=False)  # fmt: skip
    _pool_axis(axes)
    axes.set_yscale("log")
    axes.set_ylabel("loss  ½‖f − y‖²")
    axes.set_title("Loss against the size of the pool")
    axes.legend(frameon=False, loc="lower left")


def _exponents(axes: Axes, rates: dict[tuple[str, int], RateEstimate]) -> None:
    random = {size: rate for (kind, size), rate in rates.items() if kind == "random"}
    if not random:
        axes.set_visible(False)
        return
    axes.errorbar(
        list(random),
        [rate.exponent for rate in random.values()],
        yerr=np.transpose([_arms(rate) for rate in random.values()]),
        color=INK, marker="o", markersize=5, linewidth=1.6, elinewidth=1, label="random pool",
    )  # fmt: skip
    for (kind, size), rate in rates.items():
        if kind == "trained":
            axes.errorbar([size], [rate.exponent], yerr=np.transpose([_arms(rate)]),
                          color=METHODS["pruned"].color, marker="s", markersize=6, linestyle="",
                          label=f"trained pool of {size}")  # fmt: skip
    for level in (1, 2):
        axes.axhline(level, color=MUTED, linewidth=1, linestyle=":")
    _pool_axis(axes)
    axes.set_ylabel("exponent of the loss above L*")
    window = next((rate.window for rate in rates.values()), None)
    axes.set_title("Measured rate" + (f", n = {window[0]:g} to {window[1]:g}" if window else ""))
    axes.legend(frameon=False, loc="lower right")


def _arms(rate: RateEstimate) -> tuple[float, float]:
    if rate.interval is None:
        return (0.0, 0.0)
    return (rate.exponent - rate.interval.low, rate.interval.high - rate.exponent)


def _needed(axes: Axes, needed: pd.DataFrame) -> None:
    whole = needed[np.isfinite(needed["needed"]) & (needed["needed"] > 0)]
    colors = sns.color_palette("colorblind")
    for k, (n, rows) in enumerate(whole.groupby("n")):
        marker, color = _MARKS[k % len(_MARKS)], colors[k % len(colors)]
        _means(axes, rows, "dimension", "needed", marker, color, f"n = {n}")
    if whole.empty:
        axes.set_visible(False)
        return
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sorted(needed["dimension"].unique())))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("dimension d of the inputs (and a constant)")
    axes.set_ylabel("N of the random pool")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}".replace(",", " ")))
    axes.yaxis.set_minor_locator(NullLocator())
    low, high = axes.get_ylim()
    axes.set_ylim(low * 0.6, high * 1.2)
    axes.set_title("Size that matches the trained pool")
    axes.legend(frameon=False, loc="lower right")


def _means(
    axes: Axes, rows: pd.DataFrame, x: str, y: str, marker: str, color: Color | str, label: str
) -> None:
    """Geometric means with their t-intervals."""
    at, middle, arms = [], [], []
    for value, part in rows.groupby(x):
        found = mean_estimate(np.log(part[y].to_numpy(float))).exponential()
        low, high = found.interval or (found.value, found.value)
        at.append(value)
        middle.append(found.value)
        arms.append((found.value - low, high - found.value))
    axes.errorbar(at, middle, yerr=np.transpose(arms), color=color, marker=marker, markersize=5,
                  linewidth=1.6, elinewidth=1, label=label)  # fmt: skip


def _geometric(rows: pd.DataFrame, key: str) -> pd.Series:
    logs = np.log(rows.set_index(key)["loss"])
    return np.exp(logs.groupby(level=0).mean())


def _pool_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=10))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("neurons in the random pool, N")


def _shades(count: int) -> Sequence[Color]:
    colors: list[Color] = sns.color_palette("crest", count)
    return colors
