from __future__ import annotations

import numpy as np

from experiments.engine.unit import compute
from experiments.hull import EXPERIMENT, Config, judge
from theory import Outcome


def test_the_path_in_the_plane() -> None:
    config = Config(largest=50)
    table = compute(EXPERIMENT, config)
    for case, rows in table.groupby("case"):
        points = {kind: part[["x", "y"]].to_numpy() for kind, part in rows.groupby("kind")}
        assert (rows[rows["kind"] == "atom"]["picked"].sum()) == 50
        path = rows[rows["kind"] == "path"]
        if case == "inside":
            assert (rows["gamma"] > 0).all()
            errors = np.square(points["path"] - points["target"]).sum(axis=1) / 4
            np.testing.assert_allclose(path["excess"], errors, rtol=1e-9)
        else:
            assert (rows["gamma"] == 0).all()
            assert np.linalg.norm(points["path"][-1] - points["nearest"][0]) < 0.2
    verdicts = judge(config, table)
    assert [v.outcome for v in verdicts] == [Outcome.HOLDS, Outcome.HOLDS]
    assert len(EXPERIMENT.draw(config, table).axes) == 6
