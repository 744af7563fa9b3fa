"""Maps of pruned against direct training: log ratio of the losses, and the line of equality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from figures.heat import heat, label_cells
from figures.style import caption, house_style

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
    heat(axes, ratio, _COLORS, _norm())
    shown = boundary[np.isfinite(boundary["place"])]
    if len(shown):
        bottom, top = axes.get_ylim()
        low = shown["low"].fillna(shown["place"]).clip(lower=bottom)
        high = shown["high"].fillna(shown["place"]).clip(upper=top)
        arms = [(shown["place"] - low).clip(lower=0), (high - shown["place"]).clip(lower=0)]
        axes.errorbar(shown["n"], shown["place"], yerr=arms, color="black", marker="o",
                      markersize=4, linewidth=1.6, elinewidth=1.2)  # fmt: skip
    axes.set_xlabel("neurons in the network, n")
    axes.set_ylabel("gradient steps of direct training")


def _cells(axes: Axes, cells: pd.DataFrame, size: int, steps: int) -> None:
    cells = cells.assign(open=~((cells["high"] < 0) | (cells["low"] > 0)))
    wide = cells.pivot(index="samples", columns="dimension")
    heat(axes, wide["ratio"], _COLORS, _norm())
    label_cells(axes, wide["ratio"], wide["open"], _norm(), digits=1)
    axes.set_xlabel("dimension d of the inputs")
    axes.set_ylabel("data points, m")
    axes.set_title(f"Equal weights, n = {size}, {steps} steps", fontsize=11)
