"""A layer of a deep network as a pool: its channels are the atoms, the next layer adds them up.

Needs torch and torch-pruning (the extra `deep`). The way: `Tracing` finds the layers whose channels
can be pruned, `layer_pool` makes a pool of one, any rule selects from it, and `prune_layer` does
all this and takes the other channels out; `Costs` and `sizes_by_error` say how many may stay.
"""

from theory.layers.budget import (
    Costs,
    count_flops,
    count_parameters,
    error_curve,
    sizes_by_error,
    sizes_by_share,
)
from theory.layers.choice import BASELINES, Choice, by_rule, optimised
from theory.layers.gram import LayerPool, layer_pool, layer_pools
from theory.layers.pruning import METHODS, PrunedLayer, prune_layer
from theory.layers.removal import take_out
from theory.layers.task import TaskLoss
from theory.layers.tracing import Channels, Tracing, channel_count

__all__ = [
    "BASELINES",
    "METHODS",
    "Channels",
    "Choice",
    "Costs",
    "LayerPool",
    "PrunedLayer",
    "TaskLoss",
    "Tracing",
    "by_rule",
    "channel_count",
    "count_flops",
    "count_parameters",
    "error_curve",
    "layer_pool",
    "layer_pools",
    "optimised",
    "prune_layer",
    "sizes_by_error",
    "sizes_by_share",
    "take_out",
]
