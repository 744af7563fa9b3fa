"""Where the target lies decides the rate: deep inside the hull, near a face, on it, outside.

The same atoms, the target moved along one ray: from the atoms' mean through the middle of the
nearest facet. Greedy forward selection is run on each; every guarantee is judged at every n, and
the measured exponent is put beside the one that theory gives.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

import figures.regimes
from experiments.engine import experiment
from experiments.engine.experiment import Experiment, merge_outcomes
from experiments.engine.seeds import stream
from experiments.pools import log_sizes, target_towards_a_facet
from theory import (
    Geometry,
    InvalidInput,
    Pool,
    RateEstimate,
    Selection,
    Verdict,
    examine,
    fit_rate,
    guarantees,
    judge_guarantee,
    judge_order,
    rounding_floor,
    rules,
)
from theory.errors import Floats, check_count

PLACES = {"deep inside": 0.0, "near a face": 0.95, "on a face": 1.0, "outside": 1.3}
"""regime -> how far along the ray from the mean (0) to the facet (1)"""
_DRAWN = {
    "deep inside": "target_in_interior",
    "near a face": "target_in_interior",
    "on a face": "target_in_hull",
    "outside": "any_target",
}
_EXPONENTS = {"deep inside": 2.0, "near a face": 2.0, "on a face": 1.0, "outside": 1.0}
_JUDGED = ("target_in_hull", "target_in_interior", "along_the_path", "any_target")


@dataclass(frozen=True)
class Config(experiment.Config):
    """The rate in four regimes of one pool."""

    rank: int = 6
    """dimension of the space that the atoms live in"""
    pool_size: int = 200
    """N, the number of atoms, drawn from N(0, I)"""
    largest: int = 10_000
    """greedy steps"""
    fit_from: int = 100
    """the rate is fitted from this n on"""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("fit_from", self.fit_from)
        check_count("rank", self.rank, least=2, most=8)
        check_count("pool_size", self.pool_size, least=self.rank + 2)
        if self.largest < 2 * self.fit_from:
            raise InvalidInput(
                f"largest is {self.largest}; with fit_from {self.fit_from} it must be at least "
                f"{2 * self.fit_from}"
            )

    @property
    def sizes(self) -> Floats:
        """About 20 sizes a decade, up to `largest`."""
        return log_sizes(self.largest)


def run(config: Config, replicates: range, part: str) -> pd.DataFrame:
    """The rows of one regime: loss, excess over L*, bound, and how each guarantee came out."""
    return pd.concat([_one(config, r, part) for r in replicates], ignore_index=True)


def _one(config: Config, replicate: int, place: str) -> pd.DataFrame:
    drawn = stream(config.seed, "atoms", replicate=replicate)
    atoms = drawn.standard_normal((config.pool_size, config.rank))
    pool = Pool(atoms, target_towards_a_facet(atoms, PLACES[place]))
    geometry = examine(pool)
    selection = rules.greedy_forward(pool, config.largest)
    at = config.sizes - 1
    best = 0.0 if place != "outside" else geometry.projection.loss
    bound = guarantees.ALL[_DRAWN[place]].bound(geometry, selection)
    table = pd.DataFrame(
        {
            "regime": place,
            "replicate": replicate,
            "n": config.sizes,
            "loss": selection.losses[at],
            "excess": selection.losses[at] - best,
            "bound": bound[at] - best,
            "best": best,
            "floor": rounding_floor(geometry.target_radius**2) + 1e-13 * best,
            "gamma": geometry.radius.lower,
        }
    )
    return table.assign(**_outcomes(geometry, selection))


def _outcomes(geometry: Geometry, selection: Selection) -> dict[str, object]:
    verdicts = [judge_guarantee(guarantees.ALL[g], geometry, selection) for g in _JUDGED]
    return {v.claim: str(v.outcome) for v in verdicts} | {
        f"{v.claim}_slack": v.measured for v in verdicts
    }


def rates(config: Config, table: pd.DataFrame) -> dict[str, RateEstimate]:
    """The measured exponent of the excess loss in each regime, from `fit_from` on."""
    found = {}
    for place in PLACES:
        rows = table[table["regime"] == place]
        wide = rows.pivot(index="replicate", columns="n", values="loss")
        each = rows.groupby("replicate")[["best", "floor"]].first()
        window = (config.fit_from, config.largest)
        found[place] = fit_rate(
            wide.columns.to_numpy(float),
            wide.to_numpy(float),
            offset=each["best"],
            floor=each["floor"],
            window=window,
        )
    return found


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """The rate in each regime, and every guarantee at every n on every pool."""
    estimates = rates(config, table)
    verdicts = []
    for place, exponent in _EXPONENTS.items():
        power = {1.0: "1/n", 2.0: "1/n²"}[exponent]
        claim = f"{place}: excess loss is O({power})"
        verdicts.append(judge_order(claim, estimates[place], exponent))
    for place in PLACES:
        rows = table[(table["regime"] == place) & (table["n"] == config.largest)]
        verdicts += [
            merge_outcomes(f"{place}: {name}", rows[name].tolist(), rows[f"{name}_slack"].tolist())
            for name in _JUDGED
        ]
    return verdicts


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """One panel a regime: excess loss, its bound, its exponent."""
    return figures.regimes.draw(table, rates(config, table), _EXPONENTS)


EXPERIMENT = Experiment(
    name="regimes",
    title="The place of the target decides the rate",
    presets={"quick": Config(replicates=10, largest=2000), "paper": Config()},
    parts=lambda _: list(PLACES),
    run=run,
    order=("regime", "replicate", "n"),
    judge=judge,
    draw=draw,
    required=("loss", "bound"),
)
