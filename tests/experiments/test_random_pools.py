from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.claims import random_pools as claims
from experiments.engine.drive import affordable
from experiments.engine.unit import compute
from experiments.random_pools import EXPERIMENT, Config, judge
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    replicates=4, block=2, pools=(20, 60, 200, 600), dimensions=(3, 6, 12), trained=60,
    largest_by_dimension=600, widths=(20, 50, 400), matched=(50, 400),
    problem=Teacher(samples=10, dimension=6, width=50), training=Training(steps=30),
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return compute(EXPERIMENT, SMALL)


def test_the_table_is_whole_and_certified(table: pd.DataFrame) -> None:
    assert not table.duplicated(["pool", "dimension", "N", "replicate", "n"]).any()
    random = table[table["pool"] == "random"]
    assert set(random["N"]) == {20, 60, 200, 600}
    assert set(table[table["pool"] == "trained"]["dimension"]) == {3, 6, 12}
    assert (random["loss"] >= random["best"] - random["gap"]).all()
    inside = random["membership"] == "inside"
    assert (random[inside]["best"] == 0).all()
    assert inside.any()
    assert not inside.all()
    # Pools are nested: what a smaller one contains, a larger one does.
    wide = inside.groupby([random["dimension"], random["replicate"], random["N"]]).first()
    assert (wide.unstack().astype(int).diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


def test_verdicts_and_figure(table: pd.DataFrame) -> None:
    verdicts = {v.claim: v for v in judge(SMALL, table)}
    below = verdicts["C4: pruned from N = 20 random neurons below scratch at n = 400"]
    assert below.outcome is Outcome.FAILS
    assert any(claim.startswith("C4: at n = 400, N needed grows") for claim in verdicts)
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 4


def planted(exponent: float, ceiling: float = 1.0) -> pd.DataFrame:
    """Random pools with the loss d^exponent/N, a trained pool with loss 1/1000."""
    rows = [
        ("random", d, n, r, 100, ceiling * d**exponent / n)
        for d in (5, 10, 20, 40)
        for n in (100, 1000, 10_000, 100_000)
        for r in range(3)
    ]
    rows += [("trained", d, 50, r, 100, 1e-3 * (1 + 0.01 * r)) for d in (5, 10, 20, 40)
             for r in range(3)]  # fmt: skip
    return pd.DataFrame(rows, columns=["pool", "dimension", "N", "replicate", "n", "loss"])


def test_the_needed_size_and_its_growth_are_recovered() -> None:
    sizes = claims.needed(planted(0.5), [100])
    at_twenty = sizes[(sizes["dimension"] == 20) & (sizes["replicate"] == 0)]["needed"].iloc[0]
    assert at_twenty == pytest.approx(1000 * np.sqrt(20), rel=1e-9)
    (verdict,) = claims._judge_growth(sizes, 100)
    assert verdict.measured == pytest.approx(0.5, abs=1e-9)
    assert "a power of d fits better" in verdict.sentence


def test_a_doubling_is_told_from_a_power() -> None:
    table = planted(0.0)
    random = table["pool"] == "random"
    table.loc[random, "loss"] *= 2 ** (table["dimension"] / 10)
    sizes = claims.needed(table, [100])
    (verdict,) = claims._judge_growth(sizes, 100)
    assert "a doubling every 10 dimensions fits better" in verdict.sentence


def test_sizes_beyond_the_pools_drawn_are_not_guessed() -> None:
    above, below = planted(0.0, ceiling=1e4), planted(0.0, ceiling=1e-4)
    assert np.isinf(claims.needed(above, [100])["needed"]).all()
    assert (claims.needed(below, [100])["needed"] == 0).all()
    for table, word in ((above, "stays above"), (below, "is below already")):
        sizes = claims.needed(table, [100])
        verdict = claims._judge_size("claim", sizes["needed"].to_numpy(), 100_000)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert f"in 12 the {'largest' if word == 'stays above' else 'smallest'}" in verdict.sentence
        (growth,) = claims._judge_growth(sizes, 100)
        assert growth.outcome is Outcome.INCONCLUSIVE


def test_what_does_not_fit_is_refused_before_the_first_unit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = [(EXPERIMENT, replace(SMALL, pools=(100, 10**12)))]
    with pytest.raises(
        InvalidInput, match=r"the largest unit of random_pools needs \d+.\d GB of memory"
    ):
        affordable(work, 2)
    work = [(EXPERIMENT, SMALL)]
    assert affordable(work, 3) == 3
    assert EXPERIMENT.memory is not None
    monkeypatch.setattr(
        "experiments.engine.drive.available", lambda: int(2.5 * EXPERIMENT.memory(SMALL))
    )
    assert affordable(work, 16) == 2


def test_unusual_settings_are_judged_and_drawn() -> None:
    for change in (
        {"pools": (600,)},
        {"pools": (1, 200)},
        {"matched": (5, 10, 20, 50, 100, 200, 400)},
        {"largest_by_dimension": 10},
        {"dimensions": (6,)},
        {"replicates": 1, "block": 1},
        {"problem": replace(SMALL.problem, samples=1)},
    ):
        config = replace(SMALL, **{"replicates": 2, **change})
        table = compute(EXPERIMENT, config)
        claims_made = [v.claim for v in judge(config, table)]
        assert len(claims_made) == len(set(claims_made)), change
        EXPERIMENT.draw(config, table).savefig(io.BytesIO())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("pools", (300, 100), r"pools is \(300, 100\); it must be increasing"),
     ("matched", (10, 100), "matched is .* at least 400"), ("widths", (), "widths is ()")],
)  # fmt: skip
def test_bad_configurations_are_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(SMALL, **{field: value})
