"""What the thresholds of random pools say: Wendel, the kinematic formula, growth with d and m."""

from __future__ import annotations

import numpy as np
import pandas as pd

from theory import (
    Estimate,
    Interval,
    Outcome,
    Verdict,
    fit_rate,
    gaussian_threshold,
    judge_within,
    mean_estimate,
    median_estimate,
    proportion_estimate,
    wendel_probability,
)

CASE = ["study", "atoms", "rank", "dimension", "asked"]
"""the columns that name a case"""
RATIOS = (1.2, 1.5, 1.7, 1.9, 2.0, 2.1, 2.3, 2.6, 3.0, 3.5)
"""N/rank at which Wendel's formula is judged"""
_SIMULTANEOUS = 0.99
_FEWEST = 50  # pools that such a judgement needs
_FARTHEST = 30.0  # standard deviations up to which the kinematic formula is evaluated
_HIGH = 5  # the least d at which growth with d and m is measured


def medians(table: pd.DataFrame) -> pd.DataFrame:
    """One row a case: the median threshold with its interval, and means of the other columns.

    `predicted` is what the conic kinematic formula says at the case's mean distance.
    """
    rows = []
    for key, part in table.groupby(CASE, dropna=False):
        found = median_estimate(part["threshold"])
        low, high = found.interval or (np.nan, np.nan)
        means = part[["distance", "dead", "patterns"]].mean().to_dict()
        numbers = {
            "median": found.value,
            "low": low,
            "high": high,
            "living": float(part["living"].median()),
            "predicted": _predicted(int(part["rank"].iloc[0]), means["distance"]),
            "within_twice": int((part["threshold"] <= 2 * part["rank"]).sum()),
            "pools": len(part),
        }
        rows.append(dict(zip(CASE, key, strict=True)) | means | numbers)
    return pd.DataFrame(rows)


def _predicted(rank: int, distance: float) -> float:
    return gaussian_threshold(rank, distance) if distance <= _FARTHEST else np.inf


def wendel(table: pd.DataFrame) -> pd.DataFrame:
    """P(0 in the hull) at each rank and ratio: measured with its interval, and Wendel's formula.

    The intervals are exact (Clopper, Pearson), at a confidence that makes all of them together 99 %
    (Bonferroni); near 0 and 1 and at such confidences Wilson's cover too little.
    """
    points = table[(table["study"] == "points") & (table["asked"] == 0)]
    groups = list(points.groupby(["atoms", "rank"]))
    each = 1 - (1 - _SIMULTANEOUS) / (len(groups) * len(RATIOS))
    rows = []
    for (atoms, rank), part in groups:
        for size in (round(ratio * rank) for ratio in RATIOS):
            inside = int((part["threshold"] <= size).sum())
            found = proportion_estimate(inside, len(part), confidence=each, exact=True)
            low, high = found.interval or (0.0, 1.0)
            formula = wendel_probability(size, rank)
            rows.append((atoms, rank, size, found.value, low, high, formula, len(part)))
    columns = ["atoms", "rank", "size", "measured", "low", "high", "formula", "pools"]
    return pd.DataFrame(rows, columns=columns)


def judge(table: pd.DataFrame, dimension: int, samples: int) -> list[Verdict]:
    """Wendel's formula on points and on neurons, the kinematic formula, growth with d and m.

    `dimension` and `samples` are those of the problem whose target is multiplied.
    """
    middle = medians(table)
    zero = middle["asked"] == 0
    points, networks = middle["study"] == "points", middle["study"] == "networks"
    return [
        *_judge_wendel(wendel(table)),
        *(_judge_kinematic("Gaussian points", row) for _, row in middle[points & ~zero].iterrows()),
        *_judge_networks(middle[networks & zero]),
        *(
            _judge_kinematic("neurons", row)
            for _, row in multiplied(middle, dimension, samples).iterrows()
        ),
        *_judge_growth(table[(table["study"] == "networks") & (table["asked"] == 1)]),
    ]


def _judge_wendel(found: pd.DataFrame) -> list[Verdict]:
    verdicts = []
    for (atoms, rank), rows in found.groupby(["atoms", "rank"]):
        inside = (rows["formula"] >= rows["low"]) & (rows["formula"] <= rows["high"])
        worst = float((rows["measured"] - rows["formula"]).abs().max())
        outcome = _outcome(bool(inside.all()), int(rows["pools"].iloc[0]))
        sentence = (
            f"the 99 % interval (Bonferroni, {len(found)} in all) holds the formula at "
            f"{inside.sum()} of {len(rows)} sizes; {rows['pools'].iloc[0]} pools; largest "
            f"difference {worst:.3f}."
        )
        claim = f"Wendel's formula, {atoms} points of rank {rank}, N/rank 1.2 to 3.5"
        predicted = "difference within chance"
        verdicts.append(Verdict(claim, outcome, predicted, worst, None, sentence, 3))
    return verdicts


def _outcome(agrees: bool, pools: int) -> Outcome:
    """Agreement within chance says something only if there were enough pools to disagree."""
    if not agrees:
        return Outcome.FAILS
    return Outcome.HOLDS if pools >= _FEWEST else Outcome.INCONCLUSIVE


def _judge_kinematic(atoms: str, row: pd.Series) -> Verdict:
    """The conic kinematic formula, which is asymptotic, within 15 % of the measured median."""
    interval = None
    if np.isfinite(row["low"]) and np.isfinite(row["high"]):
        interval = Interval(row["low"] / row["predicted"], row["high"] / row["predicted"])
    ratio = Estimate(row["median"] / row["predicted"], interval, 0.95)
    what = f"{atoms}, rank {row['rank']:.0f}, target {row['distance']:.2f} deviations away"
    claim = f"{what}: N½ over the formula's {row['predicted']:.0f}"
    return judge_within(claim, ratio, (0.85, 1.15), predicted="1 ± 0.15")


def _judge_networks(middle: pd.DataFrame) -> list[Verdict]:
    """Does Wendel's ½ at N = 2m hold for neurons and the target 0?"""
    each = 1 - (1 - _SIMULTANEOUS) / len(middle)
    verdicts = []
    for (activation, dimension), rows in middle.groupby(["atoms", "dimension"]):
        off = [f"{row['rank']:.0f}" for _, row in rows.iterrows() if not _is_half(row, each)]
        shown = _list(rows["median"] / (2 * rows["rank"]), ".2f")
        sentence = f"N½/2m = {shown} at m = {_list(rows['rank'], '.0f')}" + (
            f"; off beyond chance at m = {', '.join(off)}" if off else "; all within chance"
        )
        if rows["living"].notna().all():
            sentence += (
                f"; among living neurons {_list(rows['living'] / (2 * rows['rank']), '.2f')}"
                f"; dead {_list(100 * rows['dead'], '.2g')} %, different activation patterns "
                f"{_list(100 * rows['patterns'], '.0f')} %"
            )
        sentence += "."
        claim = f"y = 0, {activation} neurons, d = {dimension:.0f} + constant: N½ = 2m"
        outcome = _outcome(not off, int(rows["pools"].iloc[0]))
        verdicts.append(Verdict(claim, outcome, "1", None, None, sentence, found=shown))
    return verdicts


def _is_half(row: pd.Series, confidence: float) -> bool:
    """Does the interval of the share of pools with a threshold of at most 2m hold ½?"""
    share = proportion_estimate(
        row["within_twice"], row["pools"], confidence=confidence, exact=True
    )
    return share.interval is not None and share.interval.low <= 0.5 <= share.interval.high


def _list(values: pd.Series, form: str) -> str:
    return ", ".join(format(value, form) for value in values)


def multiplied(middle: pd.DataFrame, dimension: int, samples: int) -> pd.DataFrame:
    """The cases of one problem with its target multiplied."""
    networks = middle[(middle["study"] == "networks") & (middle["asked"] > 0)]
    return networks[(networks["dimension"] == dimension) & (networks["rank"] == samples)]


def _judge_growth(table: pd.DataFrame) -> list[Verdict]:
    """Exponents of the threshold in d, which should be 0, and in m, for teachers' targets."""
    verdicts = []
    high = table[table["dimension"] >= _HIGH]
    for m, rows in high.groupby("rank"):
        claim = f"teacher's target, m = {m:.0f}: growth of N½ with d from {_HIGH} on, exponent"
        verdicts.append(_judge_exponent(claim, rows, "dimension", (-0.1, 0.1), "0 ± 0.1"))
    for d, rows in high.groupby("dimension"):
        claim = f"teacher's target, d = {d:.0f}: growth of N½ with m, exponent"
        verdicts.append(_judge_exponent(claim, rows, "rank", (1.0, np.inf), "above 1"))
    return [verdict for verdict in verdicts if verdict is not None]


def _judge_exponent(
    claim: str, rows: pd.DataFrame, axis: str, band: tuple[float, float], predicted: str
) -> Verdict | None:
    """The exponent of the threshold in `axis`, one least-squares slope a replicate."""
    wide = rows.pivot_table(index="replicate", columns=axis, values="threshold")
    if wide.shape[1] < 3:
        return None
    never = int(np.isinf(wide.to_numpy()).sum())
    if never:
        sentence = f"{never} of {wide.size} pools never contain the target, at the sizes allowed."
        return Verdict(claim, Outcome.INCONCLUSIVE, predicted, None, None, sentence)
    rate = fit_rate(wide.columns.to_numpy(float), wide.to_numpy(float))
    return judge_within(claim, mean_estimate(-rate.exponents.values), band, predicted=predicted)
