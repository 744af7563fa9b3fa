"""The experiments, by name. A new one is one file and one line here."""

from __future__ import annotations

from experiments import (
    finetune,
    forward_backward,
    hull,
    mean_field,
    pretraining,
    pruned_vs_scratch,
    random_pools,
    random_threshold,
    regimes,
    rules,
    who_wins,
)
from experiments.engine.experiment import Experiment

ALL: dict[str, Experiment] = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (
        pruned_vs_scratch,
        regimes,
        hull,
        rules,
        forward_backward,
        random_threshold,
        random_pools,
        mean_field,
        who_wins,
        finetune,
        pretraining,
    )
}
