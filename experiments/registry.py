"""The experiments, by name. A new one is one file and one line here."""

from __future__ import annotations

from experiments import forward_backward, hull, pruned_vs_scratch, regimes, rules
from experiments.engine.experiment import Experiment

ALL: dict[str, Experiment] = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (pruned_vs_scratch, regimes, hull, rules, forward_backward)
}
