from __future__ import annotations

from dataclasses import replace

import pytest

from experiments.engine.unit import compute
from experiments.forward_backward import COMPARED, EXPERIMENT, Config, judge
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    neurons=80, stuck=12, replicates=5, block=2,
    problem=Teacher(samples=10, dimension=3, width=50), training=Training(steps=20),
)  # fmt: skip


def test_forward_against_backward() -> None:
    table = compute(EXPERIMENT, SMALL)
    assert not table.duplicated(["pool", "rule", "replicate", "n"]).any()
    assert set(table["rule"]) == set(COMPARED)
    outcomes = {v.claim: v.outcome for v in judge(SMALL, table)}
    assert outcomes["C5: greedy_forward below backward at n = 10"] is Outcome.HOLDS
    assert outcomes["backward is stuck at ½ for n ≤ 6"] is Outcome.HOLDS
    assert outcomes["forward on the same pool"] is Outcome.HOLDS
    stuck = table[(table["pool"] == "stuck") & (table["rule"] == "backward_elimination")]
    assert (stuck[stuck["n"] <= 6]["loss"] == 0.5).all()
    full = table[(table["pool"] == "neurons") & (table["n"] == 80)]
    ends = full.pivot(index="replicate", columns="rule", values="loss")
    for rule in ("backward_elimination", "largest_norm"):
        assert ends[rule].to_numpy() == pytest.approx(
            ends["greedy_forward_without_repetition"].to_numpy(), rel=1e-9
        )
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 3


def test_bad_configurations_are_refused() -> None:
    with pytest.raises(InvalidInput, match="neurons is 5; it must be at least 20"):
        replace(Config(), neurons=5)
    with pytest.raises(InvalidInput, match="stuck is 1; it must be at least 2"):
        replace(Config(), stuck=1)
