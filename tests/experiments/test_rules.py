from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from experiments.engine.unit import compute
from experiments.rules import COMPARED, EXPERIMENT, NEURONS, POINTS, Config, judge
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    neurons=60, largest=500, replicates=6,
    problem=Teacher(samples=10, dimension=3, width=50), training=Training(steps=20),
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return compute(EXPERIMENT, SMALL)


def test_every_rule_is_measured_on_every_pool(table: pd.DataFrame) -> None:
    found = set(zip(table["pool"], table["rule"], strict=True))
    assert found == {(kind, rule) for kind in (*POINTS, *NEURONS) for rule in COMPARED}
    assert not table.duplicated(["pool", "rule", "replicate", "n"]).any()
    assert (table["distinct"] <= table["n"]).all()


def test_the_laws_that_theory_names_are_found(table: pd.DataFrame) -> None:
    outcomes = {v.claim: v.outcome for v in judge(SMALL, table)}
    for claim in (
        "inside, greedy_forward: law of decay",
        "inside, greedy_forward: O(n^−2)",
        "inside, random_subset: law of decay",
        "inside, frank_wolfe: law of decay",
    ):
        assert outcomes[claim] is Outcome.HOLDS, claim


def test_every_pair_of_pool_and_rule_has_its_line(table: pd.DataFrame) -> None:
    claims = [v.claim for v in judge(SMALL, table)]
    for kind in (*POINTS, *NEURONS):
        for rule in COMPARED:
            assert sum(f"{kind}, {rule}: law of decay" in claim for claim in claims) >= 1
    assert len(set(claims)) == len(claims) == 3 + 5 * len(COMPARED)


def test_optimised_weights_end_below_equal_ones(table: pd.DataFrame) -> None:
    last = table[(table["pool"] == "inside") & (table["n"] == 500)]
    medians = last.groupby("rule")["excess"].median()
    assert medians["fully_corrective"] < 1e-20
    assert medians["frank_wolfe"] < medians["greedy_forward"] < medians["random_subset"]


def test_the_figure_has_a_column_for_every_pool(table: pd.DataFrame) -> None:
    figure = EXPERIMENT.draw(SMALL, table)
    titles = [axes.get_title(loc="left") for axes in figure.axes[:5]]
    assert titles == [*POINTS, *NEURONS]


def test_bad_configurations_are_refused() -> None:
    with pytest.raises(InvalidInput, match="largest is 100; it must be at least 200"):
        replace(Config(), largest=100)
    with pytest.raises(InvalidInput, match="rank is 12; it must be from 2 to 8"):
        replace(Config(), rank=12)
