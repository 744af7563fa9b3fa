"""Networks of n neurons around their limit: against n at fixed times, and against time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from figures.style import MUTED, caption, guide, house_style, size_axis
from theory import Estimate

Color = tuple[float, float, float]


def draw(table: pd.DataFrame, rates: dict[int, Estimate], excess: dict[int, Estimate]) -> Figure:
    """Draw a tidy table with the columns replicate, step, n, square, excess, limit_loss."""
    with house_style():
        figure = Figure(figsize=(14.5, 5.2), layout="constrained")
        panels = figure.subplots(1, 3)
        colors = dict(zip(rates, _shades(len(rates)), strict=True))
        _against_size(panels[0], table, "square", colors)
        panels[0].set_ylabel("‖f_n − f_∞‖²")
        panels[0].set_title("Distance from the limit")
        for step, rate in rates.items():
            panels[0].plot([], [], color=colors[step], label=f"{step} steps, {_slope(rate)}")
        _against_size(panels[1], table, "excess", colors)
        panels[1].set_ylabel("E L_n − L_∞")
        panels[1].set_title("Loss above the limit's")
        for step, estimate in excess.items():
            panels[1].plot([], [], color=colors[step], label=f"{step} steps, {_slope(estimate)}")
        for axes in panels[:2]:
            axes.legend(frameon=False, fontsize=9, loc="lower left")
        _against_time(panels[2], table)
        caption(
            figure,
            f"Means over {table['replicate'].nunique()} problems, bars: 95 % intervals; the "
            "limit from networks much wider, their own error subtracted.",
        )
    return figure


def _against_size(axes: Axes, table: pd.DataFrame, column: str, colors: dict[int, Color]) -> None:
    for step, color in colors.items():
        rows = table[table["step"] == step].groupby("n")[column]
        mean, error = rows.mean(), 2 * rows.sem()
        shown = mean > 0
        axes.errorbar(
            mean.index[shown],
            mean[shown],
            yerr=[np.minimum(error, 0.999 * mean)[shown], error[shown]],
            marker="o",
            color=color,
            markersize=4,
            linewidth=1.6,
            elinewidth=1,
        )
    axes.set_yscale("log")
    sizes = np.sort(table["n"].unique())
    top = table[table["step"].isin(colors)].groupby(["step", "n"])[column].mean().max()
    guide(axes, (sizes[0] * 1.5, 1.6 * top), float(sizes[-1]) * 0.5, -1, "slope −1")
    size_axis(axes, sizes)
    axes.set_ylim(axes.get_ylim()[0] / 30, None)


def _against_time(axes: Axes, table: pd.DataFrame) -> None:
    widths = np.sort(table["n"].unique())
    for width, color in zip(widths, sns.color_palette("crest", len(widths)), strict=True):
        rows = table[(table["n"] == width) & (table["step"] > 0)]
        mean = width * rows.groupby("step")["square"].mean()
        axes.plot(mean.index, mean, color=color, label=f"n = {width}")
    limit = table[table["step"] > 0].groupby("step")["limit_loss"].mean()
    axes.plot(limit.index, limit.clip(lower=0), color=MUTED, linestyle="--", label="L_∞")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.set_xlabel("gradient steps")
    axes.set_ylabel("n·‖f_n − f_∞‖²")
    axes.set_title("The fluctuation in time")
    axes.legend(frameon=False, fontsize=9, loc="lower left")


def _slope(estimate: Estimate) -> str:
    if not np.isfinite(estimate.value):
        return "no slope: means below 0"
    shown = f"slope {-estimate.value:.2f}"
    if estimate.interval is not None:
        shown += f" [{-estimate.interval.high:.2f}, {-estimate.interval.low:.2f}]"
    return shown.replace("-", "−")


def _shades(count: int) -> Sequence[Color]:
    colors: list[Color] = sns.color_palette("flare", count)
    return colors
