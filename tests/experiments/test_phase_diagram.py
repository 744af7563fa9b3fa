from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.engine.unit import compute
from experiments.phase_diagram import EXPERIMENT, Cell, Config, judge, phases, settled
from theory import InvalidInput, Outcome, Teacher, Training

SMALL = Config(
    replicates=3, block=3, x_values=(4, 12), y_values=(5, 20), fit_from=10, fit_to=60, size=20,
    problem=Teacher(samples=10, dimension=4), training=Training(),
)  # fmt: skip


def test_cells_are_what_the_axes_say() -> None:
    size, teacher, training = settled(SMALL, Cell(12, 20))
    assert (size, teacher, training.steps) == (120, SMALL.problem, 20)
    other = replace(SMALL, x="problem.dimension", x_values=(3, 6), y="training.rate",
                    y_values=(0.1, 0.5), ratio=5)  # fmt: skip
    size, teacher, training = settled(other, Cell(6, 0.1))
    assert (size, teacher.dimension, training.rate) == (50, 6, 0.1)
    assert isinstance(teacher.dimension, int)


def test_the_whole_diagram_and_a_part_of_it_are_drawn() -> None:
    table = compute(EXPERIMENT, SMALL)
    assert len(phases(SMALL, table)) == 4
    assert len(judge(SMALL, table)) == 2
    EXPERIMENT.draw(SMALL, table).savefig(io.BytesIO())
    some = table[(table["x"] == 4) | (table["y"] == 5)]
    assert len(phases(SMALL, some)) == 3
    EXPERIMENT.draw(SMALL, some).savefig(io.BytesIO())
    EXPERIMENT.draw(SMALL, table[(table["x"] == 4) & (table["y"] == 5)]).savefig(io.BytesIO())


def planted(exponent: float, direct: float) -> pd.DataFrame:
    sizes = np.unique(np.geomspace(1, 60, 30).astype(int))
    rows = []
    for x in (4, 12):
        for r in range(3):
            pruned = np.exp(0.01 * r) * sizes.astype(float) ** -exponent
            rows += [(x, 5, "pruned", r, n, v) for n, v in zip(sizes, pruned, strict=True)]
            rows.append((x, 5, "pruned", r, 20, 20.0**-exponent * np.exp(0.01 * r)))
            rows.append((x, 5, "scratch", r, 20, direct))
    table = pd.DataFrame(rows, columns=["x", "y", "method", "replicate", "n", "loss"])
    return table.drop_duplicates(["x", "y", "method", "replicate", "n"])


@pytest.mark.parametrize(
    ("exponent", "direct", "outcomes"),
    [(2.0, 1.0, [Outcome.HOLDS, Outcome.HOLDS]), (1.0, 1e-9, [Outcome.FAILS, Outcome.FAILS])],
)
def test_planted_phases_are_recognised(
    exponent: float, direct: float, outcomes: list[Outcome]
) -> None:
    table = planted(exponent, direct)
    assert phases(SMALL, table)["exponent"].to_numpy() == pytest.approx(exponent)
    assert [v.outcome for v in judge(SMALL, table)] == outcomes


@pytest.mark.parametrize(
    ("change", "message"),
    [({"x": "training.steps"}, "x and y are both"), ({"x": "problem.dimensoin"}, "dimension"),
     ({"x": "pool"}, "axis is 'pool'"), ({"x_values": (12, 4)}, "x_values is"),
     ({"y_values": (0.5,)}, "training.steps|steps is 0.5"), ({"fit_to": 20}, "fit_to is 20")],
)  # fmt: skip
def test_bad_configurations_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(SMALL, **change)
