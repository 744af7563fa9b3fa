"""Claim C4: pruning a random network of N neurons, judged against a trained pool and training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from theory import (
    Membership,
    Outcome,
    RateEstimate,
    Verdict,
    fit_rate,
    judge_below,
    judge_order,
    judge_within,
    mean_estimate,
)
from theory.errors import Floats

FIT_FROM = 100
"""the rate is measured from this n on"""
_CERTIFIED = 1e-6


def judge(table: pd.DataFrame, dimension: int, matched: Sequence[int]) -> list[Verdict]:
    """Rates by N, the N that matches a trained pool, direct training, and growth with d."""
    sizes = needed(table, matched)
    return [
        *_judge_rates(table, dimension),
        *_judge_match(table, sizes[sizes["dimension"] == dimension], dimension),
        *_judge_scratch(table[table["dimension"] == dimension], matched),
        *(verdict for n in matched for verdict in _judge_growth(sizes[sizes["n"] == n], n)),
    ]


def rates(table: pd.DataFrame, dimension: int) -> dict[tuple[str, int], RateEstimate]:
    """(pool, N) -> the exponent of the loss above the pool's best, for one d of the inputs."""
    found = {}
    rows = table[(table["dimension"] == dimension) & (table["n"] >= FIT_FROM)]
    for (kind, size), part in rows[rows["pool"] != "scratch"].groupby(["pool", "N"]):
        wide = part.pivot(index="replicate", columns="n", values="loss")
        best = part.groupby("replicate")["best"].first().to_numpy(float)
        if (wide.to_numpy(float)[:, 2] <= best * (1 + 1e-9)).any():
            continue  # at its best before a rate can be seen
        found[str(kind), int(size)] = fit_rate(
            wide.columns.to_numpy(float), wide.to_numpy(float), offset=best if best.any() else None
        )
    return found


def needed(table: pd.DataFrame, matched: Sequence[int]) -> pd.DataFrame:
    """Per dimension, replicate and matched n: the N whose random pool reaches the trained loss.

    Between the sizes drawn, log loss is interpolated in log N, from the last N that is above the
    trained pool's loss. 0 if every N is below it, infinite if the largest is above.
    """
    rows = table[table["n"].isin(matched) & (table["pool"] != "scratch")]
    found = []
    for (dimension, replicate, n), part in rows.groupby(["dimension", "replicate", "n"]):
        goal = np.log(float(part[part["pool"] == "trained"]["loss"].iloc[0]))
        random = part[part["pool"] == "random"].sort_values("N")
        if random.empty:
            continue
        size = _crossing(np.log(random["N"].to_numpy(float)), np.log(random["loss"]) - goal)
        found.append((dimension, replicate, n, size))
    return pd.DataFrame(found, columns=["dimension", "replicate", "n", "needed"])


def _crossing(log_sizes: Floats, excess: pd.Series) -> float:
    """exp of where the piecewise-linear excess falls below 0 for good."""
    values = excess.to_numpy(float)
    above = np.flatnonzero(values > 0)
    if len(above) == 0:
        return 0.0
    k = int(above[-1])
    if k == len(values) - 1:
        return float("inf")
    share = values[k] / (values[k] - values[k + 1])
    return float(np.exp(log_sizes[k] + share * (log_sizes[k + 1] - log_sizes[k])))


def outside(rows: pd.DataFrame) -> tuple[int, int]:
    """In how many of the replicates the target is not certified inside, and of how many."""
    each = rows.groupby("replicate")["membership"].first()
    return int((each != str(Membership.INSIDE)).sum()), len(each)


def _judge_rates(table: pd.DataFrame, dimension: int) -> list[Verdict]:
    """O(1/n²) where every target is inside; where not, what `any_target` guarantees above L*."""
    verdicts = []
    for (kind, size), rate in rates(table, dimension).items():
        rows = table[
            (table["dimension"] == dimension) & (table["pool"] == kind) & (table["N"] == size)
        ]
        count, pools = outside(rows)
        if count == 0:
            claim = f"C4: {kind} pool, N = {size}, all targets inside: O(1/n²) over these sizes"
            verdicts.append(judge_order(claim, rate, 2.0))
            continue
        claim = (
            f"C4: {kind} pool, N = {size}, {count} of {pools} targets outside: O(H_n/n) above L*"
        )
        verdicts += [
            judge_order(claim, rate, _harmonic_exponent(rate)),
            _judge_best(f"{kind} pool, N = {size}", rows),
        ]
    return verdicts


def _harmonic_exponent(rate: RateEstimate) -> float:
    """The least-squares exponent of H_n/n, H_n = Σ 1/k, over the sizes of a fit: below 1."""
    low, high = (int(n) for n in rate.window)
    sizes = np.unique(np.geomspace(low, high, rate.points).round().astype(int))
    bound = np.cumsum(1 / np.arange(1, high + 1))[sizes - 1] / sizes
    return round(fit_rate(sizes, bound[None]).exponent, 2)


def _judge_best(what: str, rows: pd.DataFrame) -> Verdict:
    """L*, where the target is outside, and how well its certificate pins it down."""
    best = rows.groupby("replicate")[["best", "gap"]].first()
    best = best[best["best"] > 0]
    level = mean_estimate(np.log(best["best"].to_numpy(float)))
    open_share = float((best["gap"] / best["best"]).max())
    outcome = Outcome.HOLDS if open_share <= _CERTIFIED else Outcome.INCONCLUSIVE
    sentence = (
        f"the pool cannot do better than ln L* = {level.value:.2f}, the mean of {len(best)}; "
        f"duality gap at most {open_share:.1e} of L*."
    )
    return Verdict(
        f"ln L* of the {what}", outcome, f"gap ≤ {_CERTIFIED:g}·L*", level.value, level.interval,
        sentence,
    )  # fmt: skip


def _judge_match(table: pd.DataFrame, sizes: pd.DataFrame, dimension: int) -> list[Verdict]:
    """Which N matches the trained pool's loss, the geometric mean over problems."""
    rows = table[table["dimension"] == dimension]
    trained = int(rows[rows["pool"] == "trained"]["N"].iloc[0])
    largest = int(rows[rows["pool"] == "random"]["N"].max())
    verdicts = []
    for n, part in sizes.groupby("n"):
        claim = f"C4: N of a random pool as good as {trained} trained neurons at n = {n}"
        verdicts.append(_judge_size(claim, part["needed"].to_numpy(float), largest))
    return verdicts


def _judge_size(claim: str, values: Floats, largest: int) -> Verdict:
    predicted = f"some N ≤ {largest}"
    reached = np.isfinite(values) & (values > 0)
    if not reached.all():
        never, always = int(np.isinf(values).sum()), int((values == 0).sum())
        sentence = (
            f"of {len(values)} problems, in {never} the largest pool stays above, in {always} the "
            "smallest is below already."
        )
        return Verdict(claim, Outcome.INCONCLUSIVE, predicted, None, None, sentence)
    logs = mean_estimate(np.log(values))
    found = logs.exponential()
    return judge_within(claim, found, (0.0, float(largest)), predicted=predicted, digits=0)


def _judge_scratch(rows: pd.DataFrame, matched: Sequence[int]) -> list[Verdict]:
    """The smallest and the largest random pool, and direct training, at the matched n."""
    random = rows[rows["pool"] == "random"]
    verdicts = []
    for n in matched:
        direct = rows[(rows["pool"] == "scratch") & (rows["n"] == n)].set_index("replicate")["loss"]
        if direct.empty:
            continue
        at = random[random["n"] == n].pivot(index="replicate", columns="N", values="loss")
        for size in dict.fromkeys(at.columns[[0, len(at.columns) // 2, -1]]):
            ratio = mean_estimate(np.log(at[size] / direct))
            claim = f"C4: pruned from N = {size} random neurons below scratch at n = {n}"
            verdicts.append(judge_below(claim, ratio))
    return verdicts


def _judge_growth(sizes: pd.DataFrame, n: int) -> list[Verdict]:
    """Does the N that matches grow with d, and as a power of d or exponentially?"""
    wide = sizes.pivot(index="replicate", columns="dimension", values="needed")
    claim = f"C4: at n = {n}, N needed grows with d, exponent"
    values = wide.to_numpy(float)
    if wide.shape[1] < 3 or not (np.isfinite(values) & (values > 0)).all():
        bad = int((~(np.isfinite(values) & (values > 0))).sum())
        sentence = f"{bad} of {values.size} (problem, d) have no N within the pools drawn."
        return [Verdict(claim, Outcome.INCONCLUSIVE, "above 0", None, None, sentence)]
    dimensions, logs = wide.columns.to_numpy(float), np.log(values)
    slopes, power_errors = _lines(np.log(dimensions), logs)
    per_unit, doubling_errors = _lines(dimensions, logs)
    growth = mean_estimate(slopes)
    verdict = judge_within(claim, growth, (0.0, np.inf), predicted="above 0")
    better = mean_estimate(doubling_errors - power_errors).interval
    law = "neither a power of d nor a doubling fits better"
    if growth.interval is None or growth.interval.low <= 0:
        law = "no growth is certain"
    elif better is not None and better.low > 0:
        law = "a power of d fits better than a doubling"
    elif better is not None and better.high < 0:
        law = f"a doubling every {np.log(2) / per_unit.mean():.0f} dimensions fits better"
    middle = np.exp(logs.mean(axis=0))
    means = ", ".join(
        f"{size:.0f} at d = {d:g}" for d, size in zip(dimensions, middle, strict=True)
    )
    sentence = f"{verdict.sentence[:-1]}; {law}; N = {means}."
    return [replace(verdict, sentence=sentence)]


def _lines(x: Floats, curves: Floats) -> tuple[Floats, Floats]:
    """Slope and mean squared residual of each row's least-squares line on x."""
    centred = x - x.mean()
    deviations = curves - curves.mean(axis=1, keepdims=True)
    slopes = deviations @ centred / (centred @ centred)
    residuals = deviations - slopes[:, None] * centred
    return slopes, np.square(residuals).mean(axis=1)
