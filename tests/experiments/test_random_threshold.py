from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.claims import random_threshold as claims
from experiments.engine.unit import compute
from experiments.random_threshold import EXPERIMENT, Config, Networks, cases, judge
from theory import InvalidInput, Neurons, Outcome, Teacher

SMALL = Config(
    replicates=60, block=30, ranks=(3, 6), shifts=(1.0,), shifted_ranks=(6,), dimensions=(1, 6, 12),
    samples=(4, 6, 8), factors=(1.0, 2.0), largest=2000, problem=Teacher(samples=8, dimension=6),
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return compute(EXPERIMENT, SMALL)


def test_wendel_holds_for_points_and_fails_for_neurons_on_a_line(table: pd.DataFrame) -> None:
    outcomes = {v.claim: v.outcome for v in judge(SMALL, table)}
    wendel = [o for claim, o in outcomes.items() if claim.startswith("Wendel's formula")]
    assert wendel == [Outcome.HOLDS] * 4
    assert outcomes["y = 0, relu neurons, d = 1 + constant: N½ = 2m"] is Outcome.FAILS
    assert outcomes["y = 0, tanh neurons, d = 12 + constant: N½ = 2m"] is Outcome.HOLDS


def test_every_case_is_run_once_for_every_replicate(table: pd.DataFrame) -> None:
    assert len(table) == 60 * len(cases(SMALL))
    assert not table.duplicated([*claims.CASE, "replicate"]).any()
    assert cases(SMALL).count(Networks("relu", 6, 8, 1.0)) == 1


def test_a_wrong_formula_would_be_noticed(table: pd.DataFrame) -> None:
    """Thresholds 30 % too large: neither formula survives."""
    points = table["study"] == "points"
    shifted = table.assign(threshold=table["threshold"].where(~points, 1.3 * table["threshold"]))
    for verdict in claims.judge(shifted, 6, 8):
        if verdict.claim.startswith("Wendel's formula, gaussian points of rank 6"):
            assert verdict.outcome is Outcome.FAILS


def test_dead_neurons_bring_the_threshold_down(table: pd.DataFrame) -> None:
    relu = table[(table["atoms"] == "relu") & (table["asked"] == 0)]
    assert (relu["living"] >= relu["threshold"]).mean() > 0.8
    dead = relu[relu["dead"] > 0.2]
    assert dead["threshold"].median() < dead["living"].median()


def test_pools_that_never_contain_the_target_count_as_infinite() -> None:
    config = replace(SMALL, factors=(30.0,), largest=330, replicates=4)
    (case,) = [c for c in cases(config) if isinstance(c, Networks) and c.factor == 30]
    rows = EXPERIMENT.run(config, range(4), case)
    assert np.isinf(rows["threshold"]).all()
    found = claims.medians(rows.assign(living=np.nan, patterns=np.nan))
    assert np.isinf(found["median"]).all()


def test_the_figure_has_four_panels(table: pd.DataFrame) -> None:
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 4


def test_bad_configurations_are_refused() -> None:
    with pytest.raises(InvalidInput, match="ranks is 1; it must be at least 2"):
        replace(SMALL, ranks=(1, 5))
    with pytest.raises(InvalidInput, match=r"shifts is \(40\.0,\)"):
        replace(SMALL, shifts=(40.0,))
    with pytest.raises(InvalidInput, match="dimensions is empty"):
        replace(SMALL, dimensions=())


@pytest.mark.parametrize(
    "change",
    [{"dimensions": (6,)}, {"neurons": Neurons(symmetric=False), "largest": 200},
     {"replicates": 1, "block": 1}, {"factors": (3.0,)}, {"samples": (5,)}],
)  # fmt: skip
def test_unusual_settings_are_judged_and_drawn(change: dict[str, object]) -> None:
    config = replace(SMALL, **{"replicates": 6, "block": 6, **change})
    table = compute(EXPERIMENT, config)
    verdicts = judge(config, table)
    wendel = [v.outcome for v in verdicts if v.claim.startswith("Wendel")]
    assert Outcome.HOLDS not in wendel  # six pools are too few
    EXPERIMENT.draw(config, table).savefig(io.BytesIO())
