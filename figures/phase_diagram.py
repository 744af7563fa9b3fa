"""Two maps over the same axes: the exponent of the pruned curve, and who is lower."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, TwoSlopeNorm
from matplotlib.figure import Figure

from figures.heat import heat, label_cells
from figures.style import caption, house_style

_EXPONENTS = Normalize(0.5, 2.5)
_REACH = 4.0


def draw(
    phases: pd.DataFrame, x_name: str, y_name: str, window: tuple[int, int], size: int
) -> Figure:
    """Draw columns x, y, exponent, pace, ratio, winner; cells that are missing stay grey."""
    with house_style():
        figure = Figure(figsize=(12.5, 5.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        wide = phases.assign(
            slow=phases["pace"] == "inconclusive", open=phases["winner"] == "open"
        ).pivot(index="y", columns="x")
        _map(figure, left, wide["exponent"], wide["slow"], "YlGnBu", _EXPONENTS, 2)
        left.set_title(f"Exponent of the pruned curve, n = {window[0]} to {window[1]}")
        ratios = TwoSlopeNorm(0.0, -_REACH, _REACH)
        _map(figure, right, wide["ratio"], wide["open"], "RdBu_r", ratios, 1)
        right.set_title(f"ln (loss pruned / loss direct) at n = {size}")
        for axes in (left, right):
            axes.set_xlabel(x_name)
        left.set_ylabel(y_name)
        caption(
            figure,
            "Hatched: inconclusive. Grey: not computed yet. Right: blue, pruned is lower; red, "
            "direct training.",
        )
    return figure


def _map(
    figure: Figure,
    axes: Axes,
    values: pd.DataFrame,
    is_open: pd.DataFrame,
    colors: str,
    norm: Normalize,
    digits: int,
) -> None:
    heat(axes, values, colors, norm)
    undecided = is_open.map(lambda cell: bool(cell) if not pd.isna(cell) else False)
    label_cells(axes, values, undecided, norm, digits)
    figure.colorbar(ScalarMappable(norm, colors), ax=axes, shrink=0.8, extend="both")
