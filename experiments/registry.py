"""The experiments, by name. A new one is one file and one line here."""

from __future__ import annotations

from experiments import pruned_vs_scratch
from experiments.engine.experiment import Experiment

ALL: dict[str, Experiment] = {
    experiment.name: experiment for experiment in (pruned_vs_scratch.EXPERIMENT,)
}
