from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.engine.unit import compute
from experiments.pretraining import EXPERIMENT, Config, _judge_growth, half_gains, judge
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    replicates=3, block=3, pool_size=80, samples=(8, 12, 16), sizes=(5, 20), steps=40,
    teacher=Teacher(samples=12, dimension=4), training=Training(),
)  # fmt: skip


def test_it_runs_and_is_drawn() -> None:
    table = compute(EXPERIMENT, SMALL)
    assert len(table) == 3 * 3 * 2 * len(SMALL.times)
    assert SMALL.times[0] == 0
    assert SMALL.times[-1] == 40
    judge(SMALL, table)
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 2


def test_half_of_the_gain_is_found_where_it_was_planted() -> None:
    steps = np.array([0, 1, 3, 7, 15, 31])
    logs = -np.log2(steps + 1.0)  # falls by 5 to the last step: half at log2(1 + t) = 2.5
    table = pd.DataFrame({"samples": 8, "n": 5, "replicate": 0, "step": steps,
                          "loss": np.exp(logs)})  # fmt: skip
    found = half_gains(table)
    assert found["steps"].iloc[0] == pytest.approx(2**2.5 - 1)
    assert found["gain"].iloc[0] == pytest.approx(5)
    assert np.isnan(half_gains(table.assign(loss=1.0))["steps"].iloc[0])


def test_growth_like_the_logarithm_passes_and_like_the_root_does_not() -> None:
    samples = np.array([25, 50, 100, 200, 400])
    random = np.random.default_rng(1)
    noise = np.exp(0.005 * random.standard_normal((6, 5)))
    for values, outcome in (
        (np.log(samples) ** 0.8, Outcome.HOLDS),
        (np.sqrt(samples), Outcome.FAILS),
    ):
        halves = pd.DataFrame(10 * values * noise, columns=samples)
        assert _judge_growth(100, halves).outcome is outcome
    partly = pd.DataFrame(np.log(samples) ** 0.8 * noise, columns=samples)
    partly.iloc[2, 0] = np.nan
    assert "m = 25 left out" in _judge_growth(100, partly).sentence
    partly.iloc[0, 1:3] = np.nan
    assert _judge_growth(100, partly).outcome is Outcome.INCONCLUSIVE


def test_bad_configurations_are_refused() -> None:
    with pytest.raises(InvalidInput, match="steps is 5; it must be at least 10"):
        replace(SMALL, steps=5)
    with pytest.raises(InvalidInput, match="samples is"):
        replace(SMALL, samples=(16, 8))
