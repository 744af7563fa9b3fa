from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from experiments.engine.experiment import merge_outcomes
from experiments.engine.unit import compute
from experiments.regimes import _JUDGED, EXPERIMENT, PLACES, Config, judge, rates
from theory import InvalidInput, Outcome

SMALL = Config(rank=3, pool_size=40, largest=1000, replicates=6)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return compute(EXPERIMENT, SMALL)


def test_the_rate_changes_with_the_place_of_the_target(table: pd.DataFrame) -> None:
    found = {place: rate.exponent for place, rate in rates(SMALL, table).items()}
    assert found["deep inside"] == pytest.approx(2, abs=0.15)
    assert found["outside"] == pytest.approx(1, abs=0.15)


def test_no_guarantee_is_violated_and_each_speaks_where_it_should(table: pd.DataFrame) -> None:
    outcomes = {v.claim: v.outcome for v in judge(SMALL, table)}
    assert Outcome.FAILS not in outcomes.values()
    speaks = {
        "deep inside": {"target_in_hull", "target_in_interior", "along_the_path", "any_target"},
        "outside": {"any_target"},
    }
    for place, names in speaks.items():
        holding = {g for g in _JUDGED if outcomes[f"{place}: {g}"] is Outcome.HOLDS}
        assert holding == names


def test_the_bound_lies_above_the_loss_in_the_table(table: pd.DataFrame) -> None:
    assert (table["excess"] <= table["bound"] * (1 + 1e-9)).all()
    assert (table["loss"] >= table["excess"]).all()


def test_a_violation_anywhere_is_reported(table: pd.DataFrame) -> None:
    broken = table.copy()
    rows = (broken["regime"] == "outside") & (broken["replicate"] == 3)
    broken.loc[rows, "any_target"] = str(Outcome.FAILS)
    outcomes = {v.claim: v.outcome for v in judge(SMALL, broken)}
    assert outcomes["outside: any_target"] is Outcome.FAILS


def test_merging_names_the_least_slack_and_the_counts() -> None:
    verdict = merge_outcomes(
        "claim", ["holds", "holds", "does not apply"], [3.0, 2.0, float("nan")]
    )
    assert verdict.outcome is Outcome.HOLDS
    assert verdict.measured == 2.0
    assert "2 holds, 1 does not apply" in verdict.sentence


def test_the_figure_has_a_panel_for_every_regime(table: pd.DataFrame) -> None:
    figure = EXPERIMENT.draw(SMALL, table)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [f"target {place}" for place in PLACES]
    assert all("guaranteed: at least −" in axes.texts[0].get_text() for axes in figure.axes)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("rank", 1, "rank is 1"), ("rank", 9, "rank is 9"), ("pool_size", 4, "pool_size is 4"),
     ("largest", 150, "largest is 150; with fit_from 100 it must be at least 200")],
)  # fmt: skip
def test_bad_configurations_are_refused(field: str, value: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(Config(), **{field: value})
