from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.engine.unit import compute
from experiments.pretraining import EXPERIMENT, Config, gains, half_times, judge
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    replicates=3, block=3, pool_size=80, samples=(8, 12, 16), sizes=(5, 20), steps=40,
    problem=Teacher(samples=12, dimension=4), training=Training(),
)  # fmt: skip


def test_it_runs_and_is_drawn() -> None:
    table = compute(EXPERIMENT, SMALL)
    assert len(table) == 3 * 3 * 2 * len(SMALL.times)
    assert SMALL.times[0] == 0
    assert SMALL.times[-1] == 40
    judge(SMALL, table)
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 2


def planted(half: Callable[[float], float], noise: float = 0.01) -> pd.DataFrame:
    """ln loss falls by 4 in all, by 2 at `half(m)` steps, for eight problems and five m."""
    random = np.random.default_rng(1)
    steps = [0, *np.unique(np.geomspace(1, 100_000, 40).round().astype(int))]
    rows = []
    for m in (25, 50, 100, 200, 400):
        for r in range(8):
            for t in steps:
                log = -4 * t / (t + half(m)) + noise * random.standard_normal()
                rows.append((m, 5, r, t, np.exp(log)))
    return pd.DataFrame(rows, columns=["samples", "n", "replicate", "step", "loss"])


def test_half_of_the_gain_is_found_where_it_was_planted() -> None:
    table = planted(lambda m: 0.4 * m)
    found = half_times(table)
    assert found["steps"].to_numpy() == pytest.approx(0.4 * found["samples"].to_numpy(), rel=0.1)
    assert gains(table).to_numpy() == pytest.approx(4, abs=0.1)


def test_noise_alone_is_no_gain() -> None:
    table = planted(lambda _: 1e12, noise=0.15)
    outcomes = [v.outcome for v in judge(SMALL, table)]
    assert outcomes.count(Outcome.HOLDS) <= 1
    assert half_times(table)["steps"].isna().sum() >= 4


def test_growth_like_the_logarithm_passes_and_like_the_root_does_not() -> None:
    for half, outcome in (
        (lambda m: 20 * np.log(m) ** 0.7, Outcome.HOLDS),
        (lambda m: 5 * np.sqrt(m), Outcome.FAILS),
    ):
        first = judge(SMALL, planted(half))[0]
        assert first.claim.startswith("C8: n = 5")
        assert first.outcome is outcome
    table = planted(np.log)
    dull = table["samples"] <= 100
    random = np.random.default_rng(2)
    table.loc[dull, "loss"] = np.exp(0.1 * random.standard_normal(int(dull.sum())))
    found = judge(SMALL, table)[0]
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "left out" in found.sentence


def test_bad_configurations_are_refused() -> None:
    with pytest.raises(InvalidInput, match="steps is 5; it must be at least 10"):
        replace(SMALL, steps=5)
    with pytest.raises(InvalidInput, match="samples is"):
        replace(SMALL, samples=(16, 8))
