"""Test accuracy of pruned deep networks against their FLOPs: before fine-tuning and after."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from figures.style import METHODS, MUTED, RULES, Look, caption, house_style
from theory import mean_estimate

LOOKS = {
    "optimised": Look("greedy, optimised weights", RULES["greedy_forward"].color),
    "greedy_imitation": Look("greedy imitation", RULES["greedy_imitation"].color, "--"),
    "greedy_forward": Look("greedy forward, equal weights", RULES["greedy_forward"].color, "--"),
    "task_loss": Look("greedy by task loss", RULES["herding"].color, "--"),
    "largest_l1": Look("largest L1 norm", RULES["largest_norm"].color, "-."),
    "random": Look("random", RULES["random_subset"].color, ":"),
    "uniform": Look("uniform", RULES["stochastic_greedy"].color, ":"),
}


def draw(table: pd.DataFrame, tuning: int, training: int) -> Figure:
    """Draw columns network, method, state, share, steps, replicate, accuracy."""
    networks = list(dict.fromkeys(table["network"]))
    with house_style():
        figure = Figure(figsize=(13.5, 3.9 * len(networks) + 1.1), layout="constrained")
        panels = figure.subplots(len(networks), 3, squeeze=False)
        for network, (before, after, again) in zip(networks, panels, strict=True):
            rows = table[table["network"] == network]
            full = 100 * rows[rows["state"] == "trained"]["accuracy"].mean()
            pruned = rows[rows["state"] == "pruned"]
            tuned = rows[(rows["state"] == "fine-tuned") & (rows["steps"] == tuning)]
            _methods(before, pruned)
            _methods(after, tuned)
            _starts(again, rows[rows["method"] == "optimised"], tuning, training)
            for axes in (before, after, again):
                axes.axhline(full, color=MUTED, linewidth=1.0)
                _axes(axes, sorted({*rows["share"]}))
            before.set_title(f"{network}: as pruned")
            after.set_title(f"{tuning} steps of fine-tuning")
            again.set_title("Fine-tuned or trained again")
            before.set_ylabel("test accuracy, %")
            again.legend(frameon=False, fontsize=10)
        handles, labels = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
        count = table["replicate"].nunique()
        caption(figure, f"Means over {count} trainings, with 95 % intervals; grey: not pruned.")
    return figure


def _methods(axes: Axes, rows: pd.DataFrame) -> None:
    names = [name for name in LOOKS if name in set(rows["method"])]
    names += sorted(set(rows["method"]) - set(LOOKS))
    for place, name in enumerate(names):
        look = LOOKS.get(name, Look(name.replace("_", " "), to_rgb(MUTED)))
        _line(axes, rows[rows["method"] == name], look, 0.97 + 0.06 * place / len(names))


def _starts(axes: Axes, rows: pd.DataFrame, tuning: int, training: int) -> None:
    ours, other = RULES["greedy_forward"].color, METHODS["scratch"].color
    for state, color in (("fine-tuned", ours), ("re-trained", other)):
        for steps, line in dict.fromkeys([(tuning, "-"), (training, "--")]):
            part = rows[(rows["state"] == state) & (rows["steps"] == steps)]
            _line(axes, part, Look(f"{state}, {steps} steps", color, line), 1.0)


def _line(axes: Axes, rows: pd.DataFrame, look: Look, aside: float) -> None:
    """One method; `aside` is a factor that keeps intervals apart."""
    shares, middle, low, high = [], [], [], []
    for share, part in rows.groupby("share"):
        estimate = mean_estimate(100 * part["accuracy"].to_numpy(float))
        ends = estimate.interval or (estimate.value, estimate.value)
        shares.append(float(share) * aside)
        middle.append(estimate.value)
        low.append(max(0.0, estimate.value - ends[0]))
        high.append(max(0.0, ends[1] - estimate.value))
    axes.errorbar(
        shares, middle, [low, high], color=look.color, linestyle=look.line, label=look.label,
        marker="o", markersize=4, elinewidth=1.0,
    )  # fmt: skip


def _axes(axes: Axes, shares: list[float]) -> None:
    axes.set_xscale("log")
    axes.set_xticks([share for share in shares if share < 1])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:g} %"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("FLOPs that are left")
    top = axes.get_ylim()[1]
    axes.set_ylim(None, min(top, 101.0))
