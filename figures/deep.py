"""Test accuracy of pruned deep networks against their FLOPs: before fine-tuning and after."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from figures.style import METHODS, MUTED, RULES, Look, caption, house_style

LOOKS = {
    "optimised": Look("greedy, optimised weights", RULES["greedy_forward"].color),
    "greedy_imitation": Look("greedy imitation", RULES["greedy_imitation"].color, "--"),
    "greedy_forward": Look("greedy forward, equal weights", RULES["greedy_forward"].color, "--"),
    "task_loss": Look("greedy by task loss", RULES["herding"].color, "--"),
    "largest_l1": Look("largest L1 norm", RULES["largest_norm"].color),
    "random": Look("random", RULES["random_subset"].color),
    "uniform": Look("uniform", RULES["stochastic_greedy"].color),
}


def draw(table: pd.DataFrame, tuning: int, training: int) -> Figure:
    """Draw columns network, method, state, share, steps, replicate, accuracy."""
    networks = list(dict.fromkeys(table["network"]))
    names = [name for name in LOOKS if name in set(table["method"])]
    names += sorted(set(table["method"]) - {*LOOKS, "none"})
    starts = {
        (state, steps): Look(f"{state}, {steps} steps", color, line)
        for state, color in (
            ("fine-tuned", LOOKS["optimised"].color),
            ("re-trained", METHODS["scratch"].color),
        )
        for steps, line in {tuning: "-", training: "--"}.items()
    }
    with house_style():
        figure = Figure(figsize=(13.5, 3.6 * len(networks) + 1.2), layout="constrained")
        panels = figure.subplots(len(networks), 3, squeeze=False, sharey=True)
        for network, (before, after, again) in zip(networks, panels, strict=True):
            rows = table[table["network"] == network]
            shares = sorted({*rows["share"]} - {1.0}, reverse=True)
            pruned = rows[rows["state"] == "pruned"]
            tuned = rows[(rows["state"] == "fine-tuned") & (rows["steps"] == tuning)]
            for axes, part in ((before, pruned), (after, tuned)):
                for place, name in enumerate(names):
                    look = LOOKS.get(name, Look(name.replace("_", " "), to_rgb(MUTED)))
                    chosen = part[part["method"] == name]
                    _column(axes, chosen, shares, look, place, len(names))
            ours = rows[rows["method"] == "optimised"]
            for place, ((state, steps), look) in enumerate(starts.items()):
                chosen = ours[(ours["state"] == state) & (ours["steps"] == steps)]
                _column(again, chosen, shares, look, place, len(starts))
            full = 100 * rows[rows["state"] == "trained"]["accuracy"].mean()
            for axes in (before, after, again):
                axes.axhline(full, color=MUTED, linewidth=1.0, zorder=0)
                axes.set_xticks(
                    range(len(shares)), [f"{share:.0%} of its FLOPs" for share in shares]
                )
                axes.tick_params("x", length=0)
            before.set_title(f"{network}: as pruned")
            after.set_title(f"{tuning} steps of fine-tuning")
            again.set_title("Fine-tuned or trained again")
            before.set_ylabel("test accuracy, %")
            before.set_ylim(0, 103)
        panels[-1][2].legend(frameon=False, fontsize=10, loc="lower left")
        handles, labels = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
        count = table["replicate"].nunique()
        caption(figure, f"Every dot is one of {count} trainings, bars are means; grey: not pruned.")
    return figure


def _column(
    axes: Axes, rows: pd.DataFrame, shares: list[float], look: Look, place: int, count: int
) -> None:
    """The dots and the mean of one method, in its place beside the others at every share."""
    at = {share: i + 0.8 * ((place + 0.5) / count - 0.5) for i, share in enumerate(shares)}
    hollow = look.line != "-"
    axes.scatter(
        rows["share"].map(at), 100 * rows["accuracy"], s=26, edgecolors=[look.color],
        facecolors="none" if hollow else [look.color], linewidths=1.2, label=look.label,
    )  # fmt: skip
    half = 0.3 / count
    for share, mean in (100 * rows.groupby("share")["accuracy"].mean()).items():
        axes.hlines(mean, at[share] - half, at[share] + half, color=look.color, linewidth=2.5)
