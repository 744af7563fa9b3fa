from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.engine.unit import compute
from experiments.finetune import EXPERIMENT, STARTS, Config, judge
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    replicates=5, block=5, pool_size=150, sizes=(5, 20, 60), steps=40, judged=(10, 40),
    problem=Teacher(samples=12, dimension=4), training=Training(steps=60),
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return compute(EXPERIMENT, SMALL)


def test_fine_tuning_starts_exactly_at_the_subnetwork(table: pd.DataFrame) -> None:
    own = table[(table["start"] == "own weights") & (table["step"] == 0)]
    assert np.abs(own["loss"] - own["selected"]).max() <= 1e-12
    others = table[(table["start"] != "own weights") & (table["step"] == 0)]
    assert (others["loss"] > others["selected"]).mean() > 0.9


def test_starts_have_the_neurons_that_they_say(table: pd.DataFrame) -> None:
    wide = table[table["step"] == 0].pivot(
        index=["n", "replicate"], columns="start", values="distinct"
    )
    assert set(wide) == set(STARTS)
    assert (wide["own weights"] == wide["rewound"]).all()
    assert (wide["own weights"] == wide["fresh, same masses"]).all()
    assert (wide["fresh, n neurons"] == wide.index.get_level_values("n")).all()


def test_a_start_that_is_better_is_said_to_be(table: pd.DataFrame) -> None:
    better = table.copy()
    own = better["start"] == "own weights"
    better.loc[own, "loss"] = (
        1e-3 * table.groupby(["n", "replicate", "step"])["loss"].transform("min")[own]
    )
    claim = "C6: n = 20, 40 steps: fine-tuned below fresh, n neurons"
    assert {v.claim: v.outcome for v in judge(SMALL, better)}[claim] is Outcome.HOLDS
    worse = table.assign(loss=table["loss"].where(~own, 1e3))
    assert {v.claim: v.outcome for v in judge(SMALL, worse)}[claim] is Outcome.FAILS
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 4


def test_bad_configurations_are_refused() -> None:
    with pytest.raises(InvalidInput, match="judged is 50; it must be from 1 to 40"):
        replace(SMALL, judged=(50,))
    with pytest.raises(InvalidInput, match="sizes is"):
        replace(SMALL, sizes=(20, 5))
