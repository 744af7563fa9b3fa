"""The picture that explains the theorem: atoms in the plane, the hull, the target, the path.

With m = 2 data points an atom is a point in the plane. Greedy selection walks f_{S_n} towards the
target; inside the hull a ball of radius γ keeps n‖f_{S_n} − y‖ bounded, outside nothing does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.spatial import ConvexHull

import figures.hull
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from theory import Pool, Verdict, examine, guarantees, judge_guarantee, rules
from theory.errors import check_count

_CASES = {"inside": ("target_in_interior", 0.3), "outside": ("any_target", 1.5)}
"""case -> the guarantee that applies, and where the target lies on the ray from the mean (0)
through the middle of the longest edge (1)"""


@dataclass(frozen=True)
class Config(experiment.Config):
    """Greedy selection in the plane, for a target inside the hull and one outside."""

    pool_size: int = 12
    """N, the number of atoms, drawn from N(0, I)"""
    largest: int = 200
    """greedy steps"""
    replicates: int = 1
    """pictures (the first is drawn)"""
    block: int = 1
    """pictures computed together"""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("largest", self.largest)
        check_count("pool_size", self.pool_size, least=3)


def run(config: Config, replicates: range, case: str) -> pd.DataFrame:
    """Rows of three kinds: the atoms, the target, and the path with its loss and bound."""
    return pd.concat([_one(config, r, case) for r in replicates], ignore_index=True)


def _one(config: Config, replicate: int, case: str) -> pd.DataFrame:
    drawn = stream(config.seed, "atoms", replicate=replicate)
    atoms = drawn.standard_normal((config.pool_size, 2))
    guarantee, share = _CASES[case]
    edges = atoms[ConvexHull(atoms).simplices]
    longest = np.argmax(np.linalg.norm(edges[:, 0] - edges[:, 1], axis=1))
    mean, middle = atoms.mean(axis=0), edges[longest].mean(axis=0)
    pool = Pool(atoms, mean + share * (middle - mean))
    geometry = examine(pool)
    selection = rules.greedy_forward(pool, config.largest)
    sizes = np.arange(1, config.largest + 1)
    path = np.cumsum(atoms[selection.indices], axis=0) / sizes[:, None]
    best = geometry.projection.loss if case == "outside" else 0.0
    rows = [
        _points("atom", np.arange(config.pool_size), atoms).assign(
            picked=np.bincount(selection.indices, minlength=config.pool_size)
        ),
        _points("target", np.array([0]), pool.target[None]),
        _points("nearest", np.array([0]), geometry.projection.point[None]),
        _points("path", sizes, path).assign(
            excess=selection.losses - best,
            bound=guarantees.ALL[guarantee].bound(geometry, selection) - best,
        ),
    ]
    table = pd.concat(rows, ignore_index=True)
    return table.assign(case=case, replicate=replicate, gamma=geometry.radius.lower)


def _points(kind: str, index: np.ndarray, places: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"kind": kind, "index": index, "x": places[:, 0], "y": places[:, 1]})


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """The guarantee of each case, at every n of the path, for every picture."""
    verdicts = []
    for (case, replicate), rows in table.groupby(["case", "replicate"]):
        atoms, target = (rows[rows["kind"] == k][["x", "y"]].to_numpy() for k in ("atom", "target"))
        pool = Pool(atoms, target[0])
        verdict = judge_guarantee(
            guarantees.ALL[_CASES[case][0]],
            examine(pool),
            rules.greedy_forward(pool, config.largest),
        )
        verdicts.append(verdict.about(f"target {case}, pool {replicate}: {verdict.claim}"))
    return verdicts


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """The first picture."""
    del config
    return figures.hull.draw(table[table["replicate"] == 0])


EXPERIMENT = Experiment(
    name="hull",
    title="The theorem in the plane",
    presets={"quick": Config(), "paper": Config()},
    parts=lambda _: list(_CASES),
    run=run,
    order=("case", "replicate", "kind", "index"),
    judge=judge,
    draw=draw,
)
