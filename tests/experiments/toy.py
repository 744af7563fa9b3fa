"""An experiment of no content, for the engine's tests: it can fail in every way that work fails."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from theory import Verdict


@dataclass(frozen=True)
class Inner:
    """Nested settings."""

    scale: float = 1.0


@dataclass(frozen=True)
class Config(experiment.Config):
    """Noise, `delay` seconds late."""

    replicates: int = 4
    block: int = 2
    level: int = 1
    delay: float = 0.0
    how: str = "well"
    names: tuple[str, ...] = ("a",)
    inner: Inner = Inner()


def run(config: Config, replicates: range, part: str) -> pd.DataFrame:
    """Two rows a replicate; a line in $TOY_LOG for every unit that is begun."""
    if log := os.environ.get("TOY_LOG"):
        with Path(log).open("a") as handle:
            handle.write(f"{config.level} {part} {replicates.start} {config.how}\n")
    time.sleep(config.delay)
    if part == "second":
        if config.how == "raise":
            raise ValueError("this one\nalways raises")
        if config.how == "sleep":
            time.sleep(60)
        if config.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if config.how == "exit":
            sys.exit("enough")
        if config.how == "nothing":
            return None  # type: ignore[return-value]
        if config.how == "empty":
            return pd.DataFrame({"part": [], "replicate": [], "n": [], "loss": []})
        if config.how == "nameless":
            return pd.DataFrame({"loss": [1.0]})
    rows = []
    for r in replicates:
        random = stream(config.seed, part, replicate=r, level=config.level)
        values = config.inner.scale * random.standard_normal(2)
        if config.how == "nan" and part == "second":
            values[1] = np.nan
        rows += [{"part": part, "replicate": r, "n": n, "loss": v} for n, v in enumerate(values)]
    return pd.DataFrame(rows)


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """Nothing to judge."""
    del config, table
    return []


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Nothing to see."""
    del config, table
    return Figure()


EXPERIMENT = Experiment(
    name="toy",
    title="Toy",
    presets={"quick": Config(), "paper": Config(replicates=8)},
    parts=lambda _: ["first", "second"],
    run=run,
    order=("part", "replicate", "n"),
    judge=judge,
    draw=draw,
    required=("loss",),
)
NEWER = Experiment(
    name="toy",
    title="Toy",
    presets=EXPERIMENT.presets,
    parts=EXPERIMENT.parts,
    run=run,
    order=EXPERIMENT.order,
    judge=judge,
    draw=draw,
    required=("loss",),
    version=2,
)
