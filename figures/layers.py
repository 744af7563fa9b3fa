"""Every layer of deep networks: how much pruning changes its output, beside what was promised."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from figures.style import INK, caption, house_style

_TITLES = {
    "greedy_forward": "Greedy forward, equal weights",
    "optimised": "Greedy imitation, optimised weights",
}
_MARKERS = "os^DvPX*"
_TICKS = [c * 10.0**e for e in range(-4, 3) for c in (1, 3)]


def draw(table: pd.DataFrame) -> Figure:
    """Draw columns network, method, power, loss, bound, measured, gated; one panel a method."""
    methods = list(dict.fromkeys(table["method"]))
    networks = list(dict.fromkeys(table["network"]))
    colors = sns.color_palette("colorblind", len(networks))
    rows = table.dropna(subset="bound")
    with house_style():
        figure = Figure(figsize=(6.4 * len(methods), 6.2), layout="constrained")
        panels = figure.subplots(1, len(methods), sharex=True, sharey=True, squeeze=False)[0]
        for axes, method in zip(panels, methods, strict=True):
            here = rows[rows["method"] == method]
            for network, color, marker in zip(networks, colors, _MARKERS, strict=False):
                _points(axes, here[here["network"] == network], network, color, marker)
            axes.set_title(_TITLES.get(method, method.replace("_", " ")))
            axes.set_xlabel("bound  V/(2n),  relative to ½‖y‖²")
        for axes in panels:
            _equality(axes)
        panels[0].set_ylabel("change of the layer's output  ½‖f − y‖²,  relative")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
        caption(
            figure,
            "One mark a layer. Filled: as the selection says, which the bound is about. Open: as "
            "measured in the smaller network,\nwhere it differs: factors computed from the "
            "channels (squeeze-and-excitation) change as well.",
        )
    return figure


def _points(
    axes: Axes, rows: pd.DataFrame, label: str, color: tuple[float, float, float], marker: str
) -> None:
    bound = rows["bound"] / rows["power"]
    axes.scatter(
        bound, rows["loss"] / rows["power"], s=30, color=color, marker=marker, label=label,
        linewidths=0, alpha=0.85,
    )  # fmt: skip
    gated = rows[rows["gated"]]
    axes.scatter(
        gated["bound"] / gated["power"], gated["measured"] / gated["power"], s=34,
        facecolors="none", edgecolors=[color], marker=marker, linewidths=1.2,
    )  # fmt: skip


def _equality(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in _TICKS if low <= tick <= high])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.plot([low, high], [low, high], color=INK, linestyle="--", linewidth=1.2)
    axes.set_xlim(low, high)
    axes.annotate(
        "the bound", (high, high), (-4, -36), textcoords="offset points", ha="right", va="top",
        fontsize=10,
    )  # fmt: skip
