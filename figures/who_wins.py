"""Maps of pruned against direct training: log ratio of the losses, and the line of equality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from figures.style import INK, caption, house_style

_REACH = 4.0  # the log ratio at which the colours end
_COLORS = "RdBu_r"  # blue where pruned is lower, that is below 0


def draw(
    maps: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]],
    cells: pd.DataFrame,
    size: int,
    steps: int,
) -> Figure:
    """Draw maps (title, mean log ratio by time and n, boundary), and one over d and m.

    `cells` has the columns dimension, samples, ratio, low, high, at n = `size` after `steps` steps.
    """
    with house_style():
        columns = -(-(len(maps) + 1) // 2)
        figure = Figure(figsize=(4.1 * columns + 1.2, 8.6), layout="constrained")
        panels = figure.subplots(2, columns, squeeze=False).ravel()
        for k, (title, ratio, boundary) in enumerate(maps):
            axes = panels[k]
            _map(axes, ratio, boundary)
            axes.set_title(title[0].upper() + title[1:], fontsize=11)
            if k % columns:
                axes.set_ylabel("")
        _cells(panels[len(maps)], cells, size, steps)
        for axes in panels[len(maps) + 1 :]:
            axes.set_visible(False)
        bar = figure.colorbar(
            ScalarMappable(_norm(), _COLORS),
            ax=list(panels),
            shrink=0.5,
            aspect=30,
            extend="both",
            pad=0.015,
        )
        bar.set_label("ln (loss pruned / loss direct):  blue, pruned is lower;  red, direct")
        caption(
            figure,
            "Black: the number of steps at which the two are equal, with 95 % intervals. Equal "
            "steps: direct training also gets the steps of fine-tuning.\nHatched: the interval "
            "holds equality.",
        )
    return figure


def _norm() -> TwoSlopeNorm:
    return TwoSlopeNorm(0.0, -_REACH, _REACH)


def _map(axes: Axes, ratio: pd.DataFrame, boundary: pd.DataFrame) -> None:
    sizes, times = ratio.columns.to_numpy(float), ratio.index.to_numpy(float)
    axes.pcolormesh(_edges(sizes), _edges(times), ratio.to_numpy(), cmap=_COLORS, norm=_norm())
    shown = boundary[np.isfinite(boundary["place"])]
    if len(shown):
        bottom, top = _edges(times)[[0, -1]]
        low = shown["low"].fillna(shown["place"]).clip(lower=bottom)
        high = shown["high"].fillna(shown["place"]).clip(upper=top)
        arms = [(shown["place"] - low).clip(lower=0), (high - shown["place"]).clip(lower=0)]
        axes.errorbar(shown["n"], shown["place"], yerr=arms, color="black", marker="o",
                      markersize=4, linewidth=1.6, elinewidth=1.2)  # fmt: skip
    _log_axis(axes, "x", sizes)
    _log_axis(axes, "y", times)
    axes.set_ylim(*_edges(times)[[0, -1]])
    axes.set_xlabel("neurons in the network, n")
    axes.set_ylabel("gradient steps of direct training")


def _cells(axes: Axes, cells: pd.DataFrame, size: int, steps: int) -> None:
    wide = cells.pivot(index="samples", columns="dimension", values="ratio")
    d, m = wide.columns.to_numpy(float), wide.index.to_numpy(float)
    x, y = _edges(d), _edges(m)
    axes.pcolormesh(x, y, wide.to_numpy(), cmap=_COLORS, norm=_norm())
    for row in cells.itertuples():
        i, j = list(d).index(row.dimension), list(m).index(row.samples)
        open_ = not (row.high < 0 or row.low > 0)
        if open_:
            axes.fill_between([x[i], x[i + 1]], y[j], y[j + 1], facecolor="none", hatch="///",
                              edgecolor=INK, linewidth=0.0, alpha=0.5)  # fmt: skip
        color = "white" if abs(row.ratio) > 0.7 * _REACH else INK
        axes.annotate(f"{row.ratio:.1f}".replace("-", "−"), (row.dimension, row.samples),
                      ha="center", va="center", fontsize=9.5, color=color)  # fmt: skip
    _log_axis(axes, "x", d)
    _log_axis(axes, "y", m)
    axes.set_xlabel("dimension d of the inputs")
    axes.set_ylabel("data points, m")
    axes.set_title(f"Equal weights, n = {size}, {steps} steps", fontsize=11)


def _edges(centres: np.ndarray) -> np.ndarray:
    """Cell edges half-way in logarithm, the outer ones as far out as their neighbours."""
    logs = np.log(centres)
    middle = (logs[1:] + logs[:-1]) / 2
    return np.exp([2 * logs[0] - middle[0], *middle, 2 * logs[-1] - middle[-1]])


def _log_axis(axes: Axes, which: str, ticks: np.ndarray) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis.set_major_locator(FixedLocator(list(ticks)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
