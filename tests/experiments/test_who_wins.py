from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.claims import who_wins as claims
from experiments.claims.who_wins import View
from experiments.engine.unit import compute
from experiments.who_wins import EXPERIMENT, Config, judge
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    replicates=3, block=3, pools=(50, 120), forms_pool=120, sizes=(4, 12, 40), times=(5, 10, 20),
    dimensions=(3, 5), samples=(8, 12), map_size=10, problem=Teacher(samples=12, dimension=5),
    training=Training(steps=10),
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return compute(EXPERIMENT, SMALL)


def test_the_table_is_whole(table: pd.DataFrame) -> None:
    keys = ["study", "form", "N", "dimension", "samples", "time", "n", "replicate"]
    assert not table.duplicated(keys).any()
    assert set(table["form"]) == {"equal", "optimised", "tuned", "direct"}
    assert (table["loss"] >= 0).all()
    for view in (View("equal", 50, 1), View("tuned", 120, 1), View("tuned", 120, 2)):
        assert claims.ratios(table, view).values.shape == (3, 3, 3)


def test_optimised_weights_are_never_worse_than_equal_ones_for_long(table: pd.DataFrame) -> None:
    rows = table[(table["N"] == 120) & (table["study"] == "time") & (table["n"] == 40)]
    wide = rows.pivot(index=["time", "replicate"], columns="form", values="loss")
    assert (wide["optimised"] <= wide["equal"]).all()


def test_equal_steps_compares_with_twice_the_steps(table: pd.DataFrame) -> None:
    found = claims.ratios(table, View("tuned", 120, 2))
    assert found.times.tolist() == [10, 20, 40]
    rows = table[(table["replicate"] == 1) & (table["n"] == 12)]
    tuned = rows[(rows["form"] == "tuned") & (rows["time"] == 20)]["loss"].iloc[0]
    direct = rows[(rows["form"] == "direct") & (rows["time"] == 40)]["loss"].iloc[0]
    assert found.values[1, 2, 1] == pytest.approx(np.log(tuned / direct))


def planted() -> pd.DataFrame:
    """Pruned at e^−3 always, direct falling as a power of time through it at 100 steps (n = 10)."""
    random = np.random.default_rng(0)
    rows = []
    for n, meets in ((10, 100.0), (20, 1e9)):
        for r in range(6):
            for t in (25, 50, 100, 200, 400):
                noise = 0.01 * random.standard_normal()
                rows.append(("equal", 50, r, t, n, np.exp(-3.0)))
                rows.append(("direct", n, r, t, n, np.exp(-3 + noise) * (meets / t) ** 2))
    table = pd.DataFrame(rows, columns=["form", "N", "replicate", "time", "n", "loss"])
    return table.assign(study="time", dimension=5, samples=12)


def test_the_boundary_is_found_where_it_was_planted() -> None:
    found = claims.boundary(claims.ratios(planted(), View("equal", 50, 1))).set_index("n")
    assert found.loc[10, "place"] == pytest.approx(100, rel=0.02)
    assert found.loc[10, "low"] <= 100 <= found.loc[10, "high"]
    assert found.loc[10, "after"] == "direct"
    assert np.isnan(found.loc[20, "place"])
    verdict = claims._judge_boundary(View("equal", 50, 1), found.reset_index().iloc[1])
    assert verdict.outcome is Outcome.DOES_NOT_APPLY
    assert "pruned is lower on average at every time" in verdict.sentence
    located = claims._judge_boundary(View("equal", 50, 1), found.reset_index().iloc[0])
    assert located.outcome is Outcome.HOLDS
    assert "direct is lower from then on" in located.claim


def test_a_curve_that_bends_is_still_crossed_where_it_crosses() -> None:
    """ln ratio = sinh-like in log time: a parabola through all times would miss by 20 %."""
    times = np.array([25.0, 50, 100, 200, 400, 800])
    x = np.log(times / 270)
    values = (np.sinh(1.6 * x) / 1.5)[None, :, None] + 0.01 * np.array([-1.0, 0, 1])[:, None, None]
    found = claims.Ratios(times, np.array([7.0]), values, np.zeros_like(values, dtype=bool))
    assert claims.boundary(found)["place"].iloc[0] == pytest.approx(270, rel=0.03)


def test_an_exact_fit_is_no_measured_ratio() -> None:
    table = planted()
    equal = table["form"] == "equal"
    table.loc[equal, "loss"] = 1e-33
    ratio = claims.ratios(table, View("equal", 50, 1))
    verdict = claims._judge_ratio("claim", ratio, 0, 0)
    assert (verdict.outcome, verdict.shown) == (Outcome.HOLDS, "fits exactly")


def test_verdicts_and_figure(table: pd.DataFrame) -> None:
    claims_made = [v.claim for v in judge(SMALL, table)]
    assert len(claims_made) == len(set(claims_made)) == 5 * (4 + 3) + 1
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 7  # six maps and the colours


@pytest.mark.parametrize(
    ("change", "message"),
    [({"forms_pool": 70}, "forms_pool is 70"), ({"times": (5, 11)}, "times is .* twice"),
     ({"sizes": (4,)}, "sizes is")],
)  # fmt: skip
def test_bad_configurations_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(SMALL, **change)
