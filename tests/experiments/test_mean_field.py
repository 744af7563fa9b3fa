from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import experiments.mean_field as module
from experiments.engine.unit import compute
from experiments.mean_field import EXPERIMENT, Config, judge, rates
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    replicates=16, block=8, widths=(16, 32, 64, 128), fit_from=16, reference=1024, judged=(2, 15),
    problem=Teacher(samples=10, dimension=4, width=50), training=Training(rate=0.2),
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return compute(EXPERIMENT, SMALL)


def test_the_law_of_large_numbers_at_fixed_time(table: pd.DataFrame) -> None:
    found = [rate.value for rate in rates(SMALL, table, "square").values()]
    assert found == pytest.approx([1, 1], abs=0.2)


def test_a_step_that_is_not_multiplied_by_n_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With θ ← θ − η·∂L/∂θ instead of η·n·∂L/∂θ every width is at a time of its own."""
    right = module.descend

    def wrong(problems, networks, training, *, snapshots):  # type: ignore[no-untyped-def]
        slower = replace(training, rate=training.rate * 16 / networks[0].width)
        return right(problems, networks, slower, snapshots=snapshots)

    monkeypatch.setattr(module, "descend", wrong)
    table = compute(EXPERIMENT, SMALL)
    assert rates(SMALL, table, "square")[15].value < 0.6
    outcomes = {v.claim: v.outcome for v in judge(SMALL, table)}
    assert outcomes["‖f_n − f_∞‖² after 15 steps, n = 16 to 128: exponent"] is Outcome.FAILS


def test_the_limits_own_error_is_subtracted(table: pd.DataFrame) -> None:
    """Its estimate is what 1/n predicts for the mean of the reference networks."""
    at = table[(table["step"] == 2) & (table["n"] == 16)]
    predicted = at["square"].mean() * 16 / (SMALL.reference * SMALL.references)
    assert at["limit_error"].mean() == pytest.approx(predicted, rel=0.7)
    assert len(EXPERIMENT.draw(SMALL, table).axes) == 3


def test_every_step_and_width_is_there(table: pd.DataFrame) -> None:
    assert len(table) == 16 * len(SMALL.steps) * 4
    assert np.isfinite(table.to_numpy(float)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"reference": 100}, "reference is 100; it must be at least .* 512"),
     ({"fit_from": 60}, "fit_from is 60"), ({"references": 1}, "references is 1"),
     ({"judged": (8, 2)}, "judged is"), ({"judged": ()}, "judged is")],
)  # fmt: skip
def test_bad_configurations_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(SMALL, **change)


def test_a_fluctuation_that_is_gone_is_no_error(table: pd.DataFrame) -> None:
    gone = table.assign(square=table["square"].where(table["step"] < 15, -1e-18))
    verdicts = {v.claim: v for v in judge(SMALL, gone)}
    late = verdicts["‖f_n − f_∞‖² after 15 steps, n = 16 to 128: exponent"]
    assert late.outcome is Outcome.INCONCLUSIVE
    EXPERIMENT.draw(SMALL, gone)
