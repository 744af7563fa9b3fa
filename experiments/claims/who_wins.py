"""Claim C3 over training time: the log ratio of pruned to direct, and where it changes sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from theory import Interval, Outcome, Verdict, compare_methods, judge_below, mean_estimate
from theory.errors import Floats

_FLOOR = 1e-30
"""smaller losses are rounding: with optimised weights, more neurons than data points fit exactly"""
_NAMES = {"equal": "equal weights", "optimised": "optimised weights", "tuned": "fine-tuned"}


@dataclass(frozen=True)
class View:
    """One map: a form of the pruned network, its pool, and the steps that direct training gets."""

    form: str
    pool: int
    factor: int
    """direct training gets `factor` times the pool's steps"""

    @property
    def title(self) -> str:
        """What the map shows, in words."""
        accounting = ""
        if self.form == "tuned":
            accounting = ", equal steps" if self.factor == 2 else ", equal size"
        return f"{_NAMES[self.form]}, N = {self.pool}{accounting}"


@dataclass(frozen=True, eq=False)
class Ratios:
    """ln(pruned / direct) over direct training's steps and sizes."""

    times: Floats
    sizes: Floats
    values: Floats
    """(replicates, times, sizes)"""

    @property
    def mean(self) -> pd.DataFrame:
        """Mean over replicates: one row a time, one column a size."""
        return pd.DataFrame(self.values.mean(axis=0), index=self.times, columns=self.sizes)


def ratios(table: pd.DataFrame, view: View) -> Ratios:
    """The log ratios of one view, replicate by replicate."""
    rows = table[table["study"] == "time"]
    pruned = rows[(rows["form"] == view.form) & (rows["N"] == view.pool)]
    pruned = pruned.assign(time=view.factor * pruned["time"])
    keys = ["replicate", "time", "n"]
    joined = pruned.merge(rows[rows["form"] == "direct"], on=keys, suffixes=("", "_direct"))
    joined = joined.sort_values(keys)
    logs = np.log(joined["loss"].clip(lower=_FLOOR)) - np.log(
        joined["loss_direct"].clip(lower=_FLOOR)
    )
    axes = [np.sort(joined[key].unique()) for key in keys]
    shape = tuple(len(axis) for axis in axes)
    return Ratios(axes[1].astype(float), axes[2].astype(float), logs.to_numpy().reshape(shape))


def boundary(found: Ratios) -> pd.DataFrame:
    """Per size: the number of steps at which direct training overtakes, with its interval.

    `place` is NaN where one of the two is lower at all times; `winner` says which.
    """
    rows = []
    for k, size in enumerate(found.sizes):
        logs = found.values[:, :, k]
        comparison = compare_methods(found.times, np.exp(logs), np.ones_like(logs))
        crossing = comparison.crossing
        low, high = (np.nan, np.nan) if crossing is None else crossing.interval or (np.nan, np.nan)
        place = np.nan if crossing is None else crossing.value
        after = "pruned" if logs[:, -1].mean() < 0 else "direct"
        before = "direct" if after == "pruned" else "pruned"
        rows.append((size, place, low, high, "both" if crossing else after, before, after))
    columns = ["n", "place", "low", "high", "winner", "before", "after"]
    return pd.DataFrame(rows, columns=columns)


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """One row a (d, m): mean of ln(pruned / direct) with its interval."""
    rows = table[table["study"] == "cell"]
    keys = ["dimension", "samples", "replicate"]
    wide = rows.pivot(index=keys, columns="form", values="loss")
    logs = np.log(wide["equal"] / wide["direct"])
    found = []
    for (d, m), values in logs.groupby(level=["dimension", "samples"]):
        estimate = mean_estimate(values.to_numpy())
        low, high = estimate.interval or (np.nan, np.nan)
        found.append((d, m, estimate.value, low, high))
    return pd.DataFrame(found, columns=["dimension", "samples", "ratio", "low", "high"])


def judge(table: pd.DataFrame, views: Sequence[View]) -> list[Verdict]:
    """C3 at the corners of every map, its boundary at every size, and the map over d and m."""
    verdicts = []
    for view in views:
        found = ratios(table, view)
        for i in (0, -1):
            for k in (0, -1):
                ratio = mean_estimate(found.values[:, i, k])
                claim = (
                    f"C3: {view.title}: below direct at n = {found.sizes[k]:.0f}, "
                    f"{found.times[i]:.0f} steps"
                )
                verdicts.append(judge_below(claim, ratio))
        verdicts += [_judge_boundary(view, row) for _, row in boundary(found).iterrows()]
    return [*verdicts, _judge_cells(cells(table))]


def _judge_boundary(view: View, row: pd.Series) -> Verdict:
    """Located, if the interval of the crossing lies within the times measured."""
    claim = f"{view.title}: steps at which direct overtakes, n = {row['n']:.0f}"
    predicted = "some number of steps"
    if row["winner"] != "both":
        sentence = f"{row['winner']} is lower at every time measured."
        return Verdict(claim, Outcome.DOES_NOT_APPLY, predicted, None, None, sentence)
    interval = Interval(row["low"], row["high"]) if np.isfinite(row["low"]) else None
    located = interval is not None and interval.low > 0 and np.isfinite(interval.high)
    outcome = Outcome.HOLDS if located else Outcome.INCONCLUSIVE
    sentence = f"{row['before']} is lower before, {row['after']} after."
    return Verdict(claim, outcome, predicted, float(row["place"]), interval, sentence, digits=0)


def _judge_cells(found: pd.DataFrame) -> Verdict:
    below, above = int((found["high"] < 0).sum()), int((found["low"] > 0).sum())
    outcome = Outcome.INCONCLUSIVE
    if below == len(found):
        outcome = Outcome.HOLDS
    elif above:
        outcome = Outcome.FAILS
    sentence = (
        f"of {len(found)} pairs (d, m) pruned is lower in {below}, direct in {above}, open in "
        f"{len(found) - below - above}."
    )
    shown = f"{below} of {len(found)}"
    return Verdict("C3 for every d and m of the map", outcome, "all", None, None, sentence,
                   found=shown)  # fmt: skip
