"""Heat maps over two axes, drawn at their logarithms, with open cells hatched."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from figures.style import INK


def heat(axes: Axes, values: pd.DataFrame, colors: str | Colormap, norm: Normalize) -> None:
    """Colour the cells of a table whose index is y and whose columns are x; NaN stays empty."""
    x, y = values.columns.to_numpy(float), values.index.to_numpy(float)
    axes.set_facecolor("#e8e8e8")
    shown = np.ma.masked_invalid(values.to_numpy(float))
    axes.pcolormesh(edges(x), edges(y), shown, cmap=colors, norm=norm)
    for which, ticks in (("x", x), ("y", y)):
        axis = axes.xaxis if which == "x" else axes.yaxis
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")
        axis.set_major_locator(FixedLocator(list(ticks)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    axes.set_xlim(*edges(x)[[0, -1]])
    axes.set_ylim(*edges(y)[[0, -1]])


def label_cells(
    axes: Axes, values: pd.DataFrame, is_open: pd.DataFrame, norm: Normalize, digits: int
) -> None:
    """Write each value into its cell, and hatch the cells that are open."""
    x, y = values.columns.to_numpy(float), values.index.to_numpy(float)
    across, up = edges(x), edges(y)
    for j, m in enumerate(y):
        for i, d in enumerate(x):
            value = float(values.iloc[j, i])
            if not np.isfinite(value):
                continue
            if is_open.iloc[j, i]:
                axes.fill_between([across[i], across[i + 1]], up[j], up[j + 1], facecolor="none",
                                  hatch="///", edgecolor=INK, linewidth=0.0, alpha=0.5)  # fmt: skip
            depth = abs(float(norm(value)) - 0.5)
            axes.annotate(f"{value:.{digits}f}".replace("-", "−"), (d, m), ha="center", va="center",
                          fontsize=9.5, color="white" if depth > 0.36 else INK)  # fmt: skip


def edges(centres: np.ndarray) -> np.ndarray:
    """Cell edges half-way in logarithm, the outer ones as far out as their neighbours."""
    logs = np.log(centres)
    if len(logs) == 1:
        return np.exp([logs[0] - 0.5, logs[0] + 0.5])
    middle = (logs[1:] + logs[:-1]) / 2
    return np.exp([2 * logs[0] - middle[0], *middle, 2 * logs[-1] - middle[-1]])
