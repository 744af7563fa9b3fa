"""Loss after fine-tuning, rewinding and starting afresh: against steps, and against n."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from figures.style import METHODS, MUTED, RULES, Look, caption, house_style, size_axis
from theory import mean_estimate

STARTS = {
    "own weights": Look("fine-tuned, own weights", METHODS["pruned"].color),
    "rewound": Look("rewound", METHODS["pruned_untrained"].color, "--"),
    "fresh, same masses": Look("fresh, same masses", RULES["largest_norm"].color, "-."),
    "fresh, n neurons": Look("fresh, n neurons", METHODS["scratch"].color, ":"),
}


def draw(table: pd.DataFrame, sizes: Sequence[int], step: int) -> Figure:
    """Draw columns start, n, replicate, step, loss; one panel a size, and one at `step`."""
    with house_style():
        figure = Figure(figsize=(4.3 * (len(sizes) + 1), 4.9), layout="constrained")
        panels = figure.subplots(1, len(sizes) + 1)
        for axes, size in zip(panels, sizes, strict=False):
            _against_steps(axes, table[table["n"] == size])
            axes.set_title(f"n = {size}")
            axes.set_ylabel("")
        panels[0].set_ylabel("loss  ½‖f − y‖²")
        _against_size(panels[-1], table[table["step"] == step], table[table["step"] == 0])
        panels[-1].set_title(f"After {step} steps")
        handles, labels = panels[0].get_legend_handles_labels()
        extra, names = panels[-1].get_legend_handles_labels()
        figure.legend([*handles, *extra], [*labels, *names], loc="outside upper center", ncols=5,
                      frameon=False)  # fmt: skip
        caption(
            figure,
            f"Geometric means over {table['replicate'].nunique()} problems, with 95 % intervals.",
        )
    return figure


def _against_steps(axes: Axes, rows: pd.DataFrame) -> None:
    for start, look in STARTS.items():
        part = rows[rows["start"] == start]
        steps, middle, low, high = _means(part, "step")
        at = np.maximum(steps, 0.5)
        axes.plot(at, middle, color=look.color, linestyle=look.line, label=look.label)
        axes.fill_between(at, low, high, color=look.color, alpha=0.15, linewidth=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([0.5, *(10.0**k for k in range(int(np.log10(rows["step"].max())) + 1))])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "0" if x < 1 else f"{x:g}"))
    axes.set_xlabel("gradient steps")


def _against_size(axes: Axes, rows: pd.DataFrame, before: pd.DataFrame) -> None:
    for start, look in STARTS.items():
        sizes, middle, low, high = _means(rows[rows["start"] == start], "n")
        axes.plot(sizes, middle, color=look.color, linestyle=look.line, marker="o", markersize=4)
        axes.fill_between(sizes, low, high, color=look.color, alpha=0.15, linewidth=0)
    sizes, middle, _, _ = _means(before[before["start"] == "own weights"], "n")
    axes.plot(sizes, middle, color=MUTED, linewidth=1.2, label="as selected, no steps")
    axes.set_yscale("log")
    size_axis(axes, sizes)


def _means(rows: pd.DataFrame, key: str) -> tuple[np.ndarray, ...]:
    """The key's values, geometric means of the loss, and the ends of their intervals."""
    keys, found = [], []
    for value, part in rows.groupby(key):
        estimate = mean_estimate(np.log(part["loss"].to_numpy(float))).exponential()
        low, high = estimate.interval or (estimate.value, estimate.value)
        keys.append(value)
        found.append((estimate.value, low, high))
    middle, low, high = np.transpose(found)
    return np.array(keys, float), middle, low, high
