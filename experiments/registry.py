"""The experiments, by name. A new one is one file and one line here."""

from __future__ import annotations

import importlib

from experiments import (
    deep,
    finetune,
    forward_backward,
    hull,
    layers,
    mean_field,
    phase_diagram,
    pretraining,
    pruned_vs_scratch,
    random_pools,
    random_threshold,
    real_data,
    regimes,
    rules,
    who_wins,
)
from experiments.engine.experiment import Experiment
from theory import InvalidInput
from theory.errors import check_choice

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
        phase_diagram,
        real_data,
        layers,
        deep,
    )
}


def find(name: str) -> Experiment:
    """The experiment of this name, or `module:OBJECT` of one's own that Python can import."""
    module, colon, attribute = name.partition(":")
    if not colon:
        return ALL[check_choice("experiment", name, ALL)]
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InvalidInput(
            f"experiment is {name!r}, which cannot be imported ({error}); set PYTHONPATH to where "
            "the module is"
        ) from None
    if not isinstance(found, Experiment):
        raise InvalidInput(f"experiment is {name!r}, which is no Experiment")
    return found
