"""Phases: over two chosen axes, how fast the pruned curve falls and who is lower at one size.

By default over the size of the pool per data point, N/m, and training time. Each cell of the
diagram is a unit of work of its own, and the diagram can be drawn from those that are done:
`subnets run phase_diagram --stored`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.phase_diagram
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.plain import get_field, with_fields
from experiments.pools import log_sizes, scratch_losses, trained_pools
from theory import (
    InvalidInput,
    Outcome,
    Pace,
    Teacher,
    Training,
    Verdict,
    fit_rate,
    judge_rate,
    mean_estimate,
    rules,
)
from theory.errors import check_choice, check_count

_RATIO = "ratio"  # the axis N/m; every other one is a field of `problem` or `training`
_NAMES = {
    _RATIO: "neurons in the pool per data point, N/m",
    "training.steps": "gradient steps",
    "problem.dimension": "dimension d of the inputs",
    "problem.samples": "data points, m",
}


@dataclass(frozen=True)
class Config(experiment.Config):
    """Exponent of the pruned curve, and the winner, over two axes."""

    replicates: int = 10
    """problems for every cell"""
    x: str = _RATIO
    """horizontal axis: ratio, for N/m, or a field such as problem.dimension"""
    x_values: tuple[float, ...] = (3, 10, 30, 100)
    y: str = "training.steps"
    """vertical axis"""
    y_values: tuple[float, ...] = (25, 50, 100, 200, 400, 800)
    ratio: float = 30.0
    """N/m where it is no axis"""
    fit_from: int = 100
    """the exponent is fitted from this n"""
    fit_to: int = 1000
    """to this one"""
    size: int = 300
    """n at which pruned and direct are compared"""
    problem: Teacher = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("fit_from", self.fit_from)
        check_count("fit_to", self.fit_to, least=4 * self.fit_from)
        check_count("size", self.size, most=self.fit_to)
        if self.ratio <= 0:
            raise InvalidInput(f"ratio is {self.ratio}; it must be above 0")
        if self.x == self.y:
            raise InvalidInput(f"x and y are both {self.x!r}; the axes must differ")
        for axis in ("x", "y"):
            values = getattr(self, f"{axis}_values")
            if not values or list(values) != sorted(set(values)) or values[0] <= 0:
                raise InvalidInput(f"{axis}_values is {values}; give increasing numbers above 0")
        for cell in parts(self):  # what a field refuses is refused now
            settled(self, cell)


@dataclass(frozen=True)
class Cell:
    """One point of the diagram."""

    x: float
    y: float


def parts(config: Config) -> list[Cell]:
    """All cells, the largest values first."""
    return [Cell(x, y) for x in reversed(config.x_values) for y in reversed(config.y_values)]


def settled(config: Config, cell: Cell) -> tuple[int, Teacher, Training]:
    """N, the teacher and the training of a cell; whole numbers stay whole."""
    chosen: dict[str, Any] = {"problem": config.problem, "training": config.training}
    ratio = config.ratio
    for axis, value in ((config.x, cell.x), (config.y, cell.y)):
        if axis == _RATIO:
            ratio = value
            continue
        part, _, name = axis.partition(".")
        check_choice("axis", part, (_RATIO, *chosen))
        whole = isinstance(get_field(chosen[part], name), int) and float(value).is_integer()
        number = int(value) if whole else float(value)
        chosen[part] = with_fields(chosen[part], {name: number})
    return round(ratio * chosen["problem"].samples), chosen["problem"], chosen["training"]


def run(config: Config, replicates: range, cell: Cell) -> pd.DataFrame:
    """Rows (x, y, method, replicate, n, loss) of one cell for one block."""
    size, teacher, training = settled(config, cell)
    pools = trained_pools(teacher, training, size, config.seed, replicates)
    sizes = np.union1d(log_sizes(config.fit_to), [config.size, config.fit_to]).astype(int)
    frames = [
        pd.DataFrame(
            {
                "method": "pruned",
                "replicate": r,
                "n": sizes,
                "loss": rules.greedy_forward(pool.trained, config.fit_to).losses[sizes - 1],
            }
        )
        for r, pool in zip(replicates, pools, strict=True)
    ]
    drawn = [pool.problem for pool in pools]
    direct = scratch_losses(teacher, training, config.seed, replicates, drawn, config.size)
    frames.append(
        pd.DataFrame(
            {"method": "scratch", "replicate": replicates, "n": config.size, "loss": direct}
        )
    )
    return pd.concat(frames, ignore_index=True).assign(x=cell.x, y=cell.y)


def phases(config: Config, table: pd.DataFrame) -> pd.DataFrame:
    """One row a cell: the exponent, how it stands to 2, and ln(pruned / direct), with intervals."""
    rows = []
    for (x, y), part in table.groupby(["x", "y"]):
        pruned = part[(part["method"] == "pruned") & (part["n"] >= config.fit_from)]
        wide = pruned.pivot(index="replicate", columns="n", values="loss")
        rate = fit_rate(wide.columns.to_numpy(float), wide.to_numpy(float))
        both = part[part["n"] == config.size].pivot(
            index="replicate", columns="method", values="loss"
        )
        ratio = mean_estimate(np.log(both["pruned"] / both["scratch"]))
        low, high = ratio.interval or (-np.inf, np.inf)
        winner = "pruned" if high < 0 else "direct" if low > 0 else "open"
        pace = judge_rate(rate, 2.0).pace
        rows.append((x, y, rate.exponent, str(pace), ratio.value, winner))
    return pd.DataFrame(rows, columns=["x", "y", "exponent", "pace", "ratio", "winner"])


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """How many cells reach 1/n², and who wins in how many: C2 and C3 over the whole diagram."""
    found = phases(config, table)
    reached = found["pace"].isin([str(Pace.CONSISTENT), str(Pace.FASTER)])
    undecided = found["pace"] == str(Pace.INCONCLUSIVE)
    window = f"n = {config.fit_from} to {config.fit_to}"
    return [
        _count(
            f"C2 in every cell: exponent 2 over {window}", reached, undecided, "slower than 1/n²"
        ),
        _count(
            f"C3 in every cell: pruned below direct at n = {config.size}",
            found["winner"] == "pruned",
            found["winner"] == "open",
            "direct lower",
        ),
    ]


def _count(claim: str, held: pd.Series, undecided: pd.Series, otherwise: str) -> Verdict:
    count, held_in, open_in = len(held), int(held.sum()), int(undecided.sum())
    against = count - held_in - open_in
    outcome = Outcome.INCONCLUSIVE
    if held_in == count:
        outcome = Outcome.HOLDS
    elif against:
        outcome = Outcome.FAILS
    sentence = f"of {count} cells: {held_in} so, {open_in} open, {against} {otherwise}."
    shown = f"{held_in} of {count}"
    return Verdict(claim, outcome, "all cells", None, None, sentence, found=shown)


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Two maps, of the cells that there are."""
    return figures.phase_diagram.draw(
        phases(config, table),
        _NAMES.get(config.x, config.x),
        _NAMES.get(config.y, config.y),
        (config.fit_from, config.fit_to),
        config.size,
    )


EXPERIMENT = Experiment(
    name="phase_diagram",
    title="Phases: the rate, and who wins",
    presets={
        "quick": Config(replicates=4, block=4, x_values=(5, 15, 45), y_values=(50, 200, 800),
                        fit_from=50, fit_to=500),
        "paper": Config(),
    },
    parts=parts,
    run=run,
    order=("x", "y", "method", "replicate", "n"),
    judge=judge,
    draw=draw,
    required=("loss",),
)  # fmt: skip
