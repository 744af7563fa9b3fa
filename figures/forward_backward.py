"""Forward against backward: on trained neurons, and on the pool where backward is stuck."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from figures.style import MUTED, RULES, house_style, size_axis

_TITLES = {
    "neurons": "Neurons of a trained network",
    "stuck": "A pool on which backward is stuck",
}


def draw(table: pd.DataFrame) -> Figure:
    """Draw a tidy table with the columns pool, rule, replicate, n, distinct, loss."""
    with house_style():
        figure = Figure(figsize=(13.5, 5.2), layout="constrained")
        panels = figure.subplots(1, 3)
        neurons, stuck = (table[table["pool"] == kind] for kind in _TITLES)
        _panel(panels[0], neurons, "n", _TITLES["neurons"])
        _panel(panels[1], neurons, "distinct", "The same, by different neurons")
        _panel(panels[2], stuck, "n", _TITLES["stuck"], bands=False)
        panels[2].set_ylabel("")
        panels[1].set_ylabel("")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
        replicates = neurons["replicate"].nunique()
        panels[0].text(
            0.02, 0.02, f"medians over {replicates} pools, bands: the middle 80 %",
            transform=panels[0].transAxes, fontsize=9, color=MUTED,
        )  # fmt: skip
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, column: str, title: str, *, bands: bool = True) -> None:
    shown = rows[rows["loss"] > 1e-12]
    for rule, look in reversed(RULES.items()):  # greedy forward on top
        part = shown[shown["rule"] == rule]
        if part.empty:
            continue
        if column == "distinct":
            medians = part.groupby("n")[["distinct", "loss"]].median()
            axes.plot(medians["distinct"], medians["loss"], color=look.color,
                      linestyle=look.line, label=look.label)  # fmt: skip
        else:
            sns.lineplot(
                part,
                x=column,
                y="loss",
                ax=axes,
                color=look.color,
                label=look.label,
                linestyle=look.line,
                estimator="median",
                errorbar=("pi", 80) if bands else None,
                err_kws={"alpha": 0.18, "linewidth": 0},
                legend=False,
            )
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=12))
    size_axis(axes, rows[column], decades=True)
    axes.set_title(title)
    axes.set_ylabel("loss  ½‖f − y‖²")
    axes.set_xlabel("neurons in the network, n" if column == "n" else "different neurons")
