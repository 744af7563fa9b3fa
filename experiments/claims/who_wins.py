"""Claim C3 over training time: the log ratio of pruned to direct, and where it changes sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    exact: NDArray[np.bool_]
    """(replicates, times, sizes) where the pruned loss is rounding: its ratio is a bound"""

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
    return Ratios(
        axes[1].astype(float),
        axes[2].astype(float),
        logs.to_numpy().reshape(shape),
        (joined["loss"] <= _FLOOR).to_numpy().reshape(shape),
    )


def boundary(found: Ratios) -> pd.DataFrame:
    """Per size: the number of steps at which the two are equal, with its interval.

    The mean log ratio bends strongly over time, so only the (up to) four times around its last
    change of sign are used, with a cubic in log time through them. `place` is NaN where the mean
    has one sign at all times; `after` says who is lower at the end.
    """
    rows = []
    for k, size in enumerate(found.sizes):
        logs = found.values[:, :, k]
        mean = logs.mean(axis=0)
        after = "pruned" if mean[-1] < 0 else "direct"
        place, low, high = np.nan, np.nan, np.nan
        turns = np.flatnonzero(np.signbit(mean[1:]) != np.signbit(mean[:-1]))
        if len(turns):
            start = min(max(0, int(turns[-1]) - 1), max(0, len(mean) - 4))
            near = slice(start, start + 4)
            times, part = found.times[near], logs[:, near]
            comparison = compare_methods(
                times, np.exp(part), np.ones_like(part), degree=len(times) - 1
            )
            if comparison.crossing is not None:
                place = comparison.crossing.value
                low, high = comparison.crossing.interval or (np.nan, np.nan)
        rows.append((size, place, low, high, after))
    return pd.DataFrame(rows, columns=["n", "place", "low", "high", "after"])


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
                claim = (
                    f"C3: {view.title}: below direct at n = {found.sizes[k]:.0f}, "
                    f"{found.times[i]:.0f} steps"
                )
                verdicts.append(_judge_ratio(claim, found, i, k))
        verdicts += [_judge_boundary(view, row) for _, row in boundary(found).iterrows()]
    return [*verdicts, _judge_cells(cells(table))]


def _judge_ratio(claim: str, found: Ratios, i: int, k: int) -> Verdict:
    verdict = judge_below(claim, mean_estimate(found.values[:, i, k]))
    if not found.exact[:, i, k].any():
        return verdict
    share = f"{int(found.exact[:, i, k].sum())} of {len(found.exact)}"
    sentence = f"the pruned network fits the data exactly, to rounding, on {share} problems."
    return Verdict(
        claim, verdict.outcome, verdict.predicted, None, None, sentence, found="fits exactly"
    )


def _judge_boundary(view: View, row: pd.Series) -> Verdict:
    """Located, if the interval of the crossing lies within the times measured."""
    overtakes = f"{row['after']} is lower from then on"
    claim = f"{view.title}, n = {row['n']:.0f}: steps to equality; {overtakes}"
    predicted = "some number of steps"
    if not np.isfinite(row["place"]):
        claim = f"{view.title}, n = {row['n']:.0f}: steps to equality"
        sentence = f"{row['after']} is lower on average at every time measured."
        return Verdict(claim, Outcome.DOES_NOT_APPLY, predicted, None, None, sentence)
    interval = Interval(row["low"], row["high"]) if np.isfinite(row["low"]) else None
    located = interval is not None and interval.low > 0 and np.isfinite(interval.high)
    outcome = Outcome.HOLDS if located else Outcome.INCONCLUSIVE
    sentence = f"{row['place']:.0f} steps; {overtakes}."
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
