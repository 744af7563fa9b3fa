"""Loss against size on real data: training points above, held-out points below."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.style import METHODS, caption, house_style, size_axis

_ROWS = {"loss": "training loss  ½‖f − y‖²", "held_out": "held-out loss"}


def draw(table: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
    """Draw a tidy table with the columns data, method, replicate, n, loss, held_out.

    `labels` gives each data set's title, in the order of the columns of the figure.
    """
    with house_style():
        figure = Figure(figsize=(max(7.6, 3.5 * len(labels) + 0.6), 6.6), layout="constrained")
        panels = figure.subplots(2, len(labels), squeeze=False, sharex=True, sharey="row")
        for column, (name, label) in enumerate(labels.items()):
            rows = table[table["data"] == name]
            for row, (value, called) in enumerate(_ROWS.items()):
                _curves(panels[row, column], rows, value)
                panels[row, column].set_ylabel(called if column == 0 else "")
            panels[0, column].set_title(label)
            panels[0, column].set_xlabel("")
        handles, texts = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, texts, loc="outside upper left", ncols=len(labels), frameon=False)
        replicates = table["replicate"].nunique()
        caption(
            figure,
            f"Lines: medians over {replicates} replicates (another split of the same points, other "
            "initial weights); bands: the middle 80 % of them.",
        )
    return figure


def _curves(axes: Axes, rows: pd.DataFrame, value: str) -> None:
    for method, look in METHODS.items():
        sns.lineplot(
            rows[rows["method"] == method], x="n", y=value, color=look.color, label=look.label,
            estimator="median", errorbar=("pi", 80), err_kws={"alpha": 0.15}, legend=False, ax=axes,
        )  # fmt: skip
    size_axis(axes, np.sort(rows["n"].unique()))
    axes.set_yscale("log")
