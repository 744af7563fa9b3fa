from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import pruned_vs_scratch
from experiments.data import DataFile, checked, draw_problem, named_source
from experiments.engine.plain import from_plain, to_plain
from experiments.engine.unit import compute
from experiments.real_data import EXPERIMENT, Config, judge
from theory import InvalidInput, Outcome, RealData, Teacher, Training, TwoLayerNetwork

SMALL = Config(
    replicates=3, block=3, data=("wine", "diabetes"), samples=40, pool_size=60, smallest=4,
    largest=24, step=10, training=Training(steps=20),
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return compute(EXPERIMENT, SMALL)


def test_it_is_the_main_figure_on_every_set(table: pd.DataFrame) -> None:
    for name in SMALL.data:
        alone = compute(pruned_vs_scratch.EXPERIMENT, SMALL.on(name))
        rows = table[table["data"] == name].drop(columns="data").reset_index(drop=True)
        pd.testing.assert_frame_equal(rows[alone.columns], alone)
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 4


def test_held_out_losses_are_those_of_the_same_networks() -> None:
    """Of the whole pool's own mean, say, at both ends of the data's way."""
    problem = draw_problem(SMALL.on("wine").problem, 1)
    other = problem.held_out
    assert other is not None
    random = np.random.default_rng(0)
    network = TwoLayerNetwork(random.standard_normal((9, problem.dimension)), np.ones(9))
    train, held_out = problem.losses(network)
    assert train == pytest.approx(problem.loss(network.predict(problem.inputs)))
    assert held_out == pytest.approx(other.loss(network.predict(other.inputs)))
    assert abs(np.log(train / held_out)) > 1e-3


def test_who_is_ahead_on_held_out_data_is_judged_by_held_out_losses(table: pd.DataFrame) -> None:
    claim = "wine: on held-out data: pruned below scratch at n = 24"
    pruned = table["method"] == "pruned"
    for factor, outcome in ((1e-3, Outcome.HOLDS), (1e3, Outcome.FAILS)):
        planted = table.assign(held_out=table["held_out"].where(~pruned, factor))
        assert {v.claim: v.outcome for v in judge(SMALL, planted)}[claim] is outcome
    untouched = table.assign(loss=table["loss"] * np.where(table["method"] == "scratch", 99, 1))
    before, after = ({v.claim: v for v in judge(SMALL, t)} for t in (table, untouched))
    assert before[claim] == after[claim]


def test_a_file_is_a_problem_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.standard_normal((40, 3)), columns=["a", "b", "price"])
    frame.to_csv(path, index=False)
    source = checked(replace(named_source(str(path)), target="price"))
    assert isinstance(source, DataFile)
    problem = draw_problem(source, 0)
    assert problem.inputs.shape == (30, 3)
    assert problem.held_out is not None
    config = replace(SMALL.on("wine"), problem=source, pool_size=20, largest=24)
    assert compute(pruned_vs_scratch.EXPERIMENT, config)["held_out"].notna().all()
    assert from_plain(type(config), to_plain(config)) == config
    frame.assign(a=1.5 * frame["a"] ** 2).to_csv(path, index=False)
    assert checked(source) != source
    with pytest.raises(InvalidInput, match="has changed since"):
        draw_problem(replace(source, contents="other"), 0)


def test_sources_are_named() -> None:
    assert named_source("teacher") == Teacher()
    assert named_source("wine") == RealData(name="wine")
    with pytest.raises(InvalidInput, match="did you mean 'digits'"):
        named_source("digit")
    with pytest.raises(InvalidInput, match="cannot be read"):
        checked(named_source("nowhere.csv"))


def test_bad_configurations_are_refused() -> None:
    with pytest.raises(InvalidInput, match="data is 'iris'"):
        replace(SMALL, data=("iris",))
    with pytest.raises(InvalidInput, match="data is empty"):
        replace(SMALL, data=())
