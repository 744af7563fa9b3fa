from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.engine.unit import compute, units
from experiments.pruned_vs_scratch import EXPERIMENT, Config, Scratch, judge, parts
from figures import paper_reference
from theory import InvalidInput, Outcome, Teacher, Training

TINY = Config(
    pool_size=40, smallest=4, largest=12, step=4, replicates=3, block=2,
    problem=Teacher(samples=8, dimension=3, width=20), training=Training(steps=5),
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> pd.DataFrame:
    return compute(EXPERIMENT, TINY)


def test_the_table_is_complete(tiny: pd.DataFrame) -> None:
    assert {"method", "replicate", "n", "loss", "distinct", "certificate"} <= set(tiny.columns)
    assert len(tiny) == 4 * 3 * 3
    assert not tiny.duplicated(["method", "replicate", "n"]).any()
    assert (tiny["loss"] > 0).all()
    assert (tiny["distinct"] <= tiny["n"]).all()


def test_more_replicates_or_sizes_change_no_earlier_run(tiny: pd.DataFrame) -> None:
    more = compute(EXPERIMENT, replace(TINY, replicates=4, largest=16))
    same = more.merge(tiny, on=["method", "replicate", "n"], suffixes=("", "_before"))
    assert len(same) == len(tiny)
    whole = same[same["method"] != "random_subset"]  # which is drawn in one go
    assert (whole["loss"] == whole["loss_before"]).all()


def test_another_seed_gives_another_table(tiny: pd.DataFrame) -> None:
    other = compute(EXPERIMENT, replace(TINY, seed=1))
    assert (other["loss"] != tiny["loss"]).all()


def test_blocks_are_whole_and_fixed() -> None:
    blocks = {unit.replicates for unit in units(EXPERIMENT, replace(TINY, replicates=20, block=8))}
    assert blocks == {range(8), range(8, 16), range(16, 24)}


def test_the_parts_hold_every_width_once() -> None:
    widths = [w for part in parts(Config()) if isinstance(part, Scratch) for w in part.widths]
    assert sorted(widths) == list(range(90, 991, 10))


def planted(pruned: float, scratch: float, replicates: int = 6) -> pd.DataFrame:
    """Tables whose curves have known exponents and the paper's loss at n = 90."""
    random = np.random.default_rng(1)
    starts = {"pruned": -7.99, "scratch": -9.06, "pruned_untrained": -7.6, "random_subset": -4}
    exponents = {"pruned": pruned, "scratch": scratch, "pruned_untrained": 1.5, "random_subset": 1}
    sizes = np.arange(90, 991, 100)
    frames = [
        pd.DataFrame({
            "method": method, "replicate": r, "n": sizes, "distinct": sizes,
            "membership": "inside", "certificate": "holds", "slack": 2.0, "best": 0.0,
            "held_out": np.nan,
            "loss": np.exp(start + 0.02 * random.standard_normal(len(sizes)))
            * (sizes / 90.0) ** -exponents[method],
        })
        for method, start in starts.items()
        for r in range(replicates)
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def outcomes(table: pd.DataFrame) -> dict[str, Outcome]:
    return {verdict.claim: verdict.outcome for verdict in judge(Config(), table)}


def test_a_table_like_the_papers_is_called_reproduced() -> None:
    table = planted(-paper_reference.PRUNED.slope, -paper_reference.SCRATCH.slope)
    found = outcomes(table)
    reproduced = [claim for claim in found if claim.startswith(("pruned", "scratch", "size"))]
    assert len(reproduced) == 7
    assert {found[claim] for claim in reproduced if "990" not in claim} == {Outcome.HOLDS}
    assert found["C3: pruned below scratch at n = 90"] is Outcome.FAILS
    assert found["C3: pruned below scratch at n = 990"] is Outcome.HOLDS


def test_a_planted_wrong_slope_is_rejected() -> None:
    found = outcomes(planted(pruned=0.9, scratch=1.5))
    assert found["pruned: slope"] is Outcome.FAILS
    assert found["scratch: slope"] is Outcome.FAILS
    assert found["C1: pruned reaches O(1/n)"] is Outcome.FAILS
    assert found["C3: pruned below scratch at n = 990"] is Outcome.FAILS


def test_one_replicate_decides_nothing() -> None:
    found = outcomes(planted(1.91, 0.83, replicates=1))
    # The certificate is a proof about one run, not a statistic.
    assert found.pop("C2: R²/(2n²) bounds it at every n, with R from the path") is Outcome.HOLDS
    assert set(found.values()) == {Outcome.INCONCLUSIVE}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("replicates", 0, "replicates is 0"),
        ("pool_size", -3, "pool_size is -3"),
        ("largest", 100, "largest is 100; with smallest 90 and step 10 it must be at least 110"),
    ],
)
def test_bad_configurations_are_refused(field: str, value: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(Config(), **{field: value})
