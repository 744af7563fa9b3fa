"""All rules on the same pools: excess loss against steps and against different neurons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from figures.style import RULES, caption, house_style, size_axis

_LOWEST = 1e-16  # of the largest loss drawn; below this nobody prunes


def draw(table: pd.DataFrame, pools: Sequence[str]) -> Figure:
    """Draw a tidy table with the columns pool, rule, replicate, n, distinct, excess."""
    with house_style():
        figure = Figure(figsize=(15, 7.6), layout="constrained")
        panels = figure.subplots(2, len(pools), sharey="col")
        for column, pool in enumerate(pools):
            rows = table[table["pool"] == pool]
            top, bottom = panels[0, column], panels[1, column]
            _panel(top, rows, "n")
            _panel(bottom, rows, "distinct")
            top.set_title(pool)
            top.set_xlabel("steps")
            bottom.set_xlabel("different neurons")
        for axes in panels[:, 0]:
            axes.set_ylabel("loss above the best, L − L*")
        present = [rule for rule in RULES if rule in set(table["rule"])]
        handles = [
            panels[0, 0].plot(
                [], [], color=RULES[r].color, linestyle=RULES[r].line, label=RULES[r].label
            )[0]
            for r in present
        ]
        figure.legend(handles=handles, loc="outside right center", frameon=False, fontsize=10.5)
        replicates = table["replicate"].nunique()
        caption(
            figure,
            f"Medians over {replicates} pools. Solid: equal weights. Dashed: optimised weights. "
            "Dotted: chance.",
        )
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, column: str) -> None:
    for rule, look in RULES.items():
        part = rows[rows["rule"] == rule]
        if part.empty:
            continue
        medians = part.groupby("n")[["distinct", "excess"]].median().reset_index()
        # Until the support stops growing: after that a curve would double back on itself.
        if column == "distinct":
            medians = medians.groupby("distinct", as_index=False)["excess"].min()
        shown = medians[medians["excess"] > 0]
        axes.plot(shown[column], shown["excess"], color=look.color, linestyle=look.line,
                  linewidth=1.7)  # fmt: skip
    axes.set_yscale("log")
    highest = float(rows["excess"].max())
    axes.set_ylim(highest * _LOWEST, highest * 3)
    axes.yaxis.set_major_locator(LogLocator(base=10, numticks=9))
    axes.yaxis.set_minor_locator(LogLocator(base=10, subs=(), numticks=9))
    size_axis(axes, np.array([1.0, float(rows[column].max())]), decades=True)
