"""One layer pruned: from its pool to a smaller model, with what was promised and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from theory import rules
from theory.errors import InvalidInput, check_choice, check_count, check_seed
from theory.layers.choice import BASELINES, by_baseline, by_rule, optimised
from theory.layers.gram import layer_pools
from theory.layers.removal import measure, removed
from theory.layers.running import tensors
from theory.layers.task import TaskLoss, by_task_loss
from theory.layers.tracing import Channels, Tracing, channel_count

METHODS = ("optimised", *rules.ALL, "task_loss", *BASELINES)
"""the rules of `theory.rules` and beyond, the paper's task loss, and the field's baselines"""


@dataclass(frozen=True)
class PrunedLayer:
    """What was done to one layer. Losses are half mean squares over the consumer's outputs."""

    layer: str
    consumer: str
    before: int
    """N, channels that the layer had"""
    after: int
    """channels that it has now"""
    picks: int
    """n, steps of the rule; 0 where no rule chose"""
    power: float
    """½‖y‖² of the consumer's output without its mean: the loss with no channel at all"""
    loss: float
    """by how much the selection says that it changes, ½‖f_n − y‖²"""
    bound: float | None
    """what G2 promises for this loss, V/(2n); None where it promises nothing"""
    measured: float
    """by how much it did change when both models were run"""
    off_prediction: float
    """largest deviation of the smaller model's from the predicted output, relative"""
    gated: bool
    """whether factors of the channels are computed from all of them, and so change a little too"""

    @property
    def change(self) -> float:
        """`measured`, relative to what the consumer's output varies; 0 if it does not vary."""
        return self.measured / self.power if self.power > 0 else 0.0


def prune_layer(
    model: nn.Module,
    tracing: Tracing,
    channels: Channels | str,
    method: str,
    count: int,
    batches: Sequence[Any],
    *,
    seed: int | np.random.Generator = 0,
    task_loss: TaskLoss | None = None,
) -> tuple[nn.Module, PrunedLayer]:
    """A copy of `model` whose layer has at most `count` channels, chosen by `method` on `batches`.

    `channels` is what `tracing` says of the layer, or the layer's name. `method` is one of
    `METHODS`; for `task_loss`, batches must be pairs of inputs and labels. That the smaller model's
    consumer computes what the selection says is tried out on all of them.

    Raises `InvalidInput` for an argument that cannot be used, and where channels turn out to be
    mixed between the layer and its consumer, so that they cannot be told apart.
    """
    check_choice("method", method, METHODS)
    if isinstance(channels, str):
        channels = tracing.channels(channels)
    size = channel_count(model, channels.layer)
    check_count("count", count, most=size)
    random = check_seed(seed)
    (found,) = layer_pools(model, [channels], batches)
    pool = found.pool
    if method == "task_loss":
        criterion = TaskLoss() if task_loss is None else task_loss
        means = found.window_means.mean(axis=1)
        choice = by_task_loss(model, tracing, channels, count, batches, criterion, means, random)
    elif method == "optimised":
        choice = optimised(pool, count)
    elif method in BASELINES:
        choice = by_baseline(model.get_submodule(channels.layer), method, count, random)
    else:
        choice = by_rule(pool, method, count, random)
    first = next(tensors(model, batches))
    pruned = removed(model, found, choice, first[:1])
    change = measure(model, pruned, found, choice, batches)
    rounding = torch.finfo(first.dtype).eps if first.is_floating_point() else 0.0
    if not change.off_prediction < max(1e-3, 10 * rounding):
        raise InvalidInput(
            f"layer is {channels.layer!r}, whose channels are mixed before {channels.consumer!r} "
            f"(the smaller model is {change.off_prediction:.1g} off its prediction); what stands "
            "between must act on every channel alone"
        )
    return pruned, PrunedLayer(
        layer=channels.layer,
        consumer=channels.consumer,
        before=size,
        after=channel_count(pruned, channels.layer),
        picks=choice.picks,
        power=pool.loss(np.zeros(pool.samples)),
        loss=choice.loss(pool),
        bound=choice.bound(pool),
        measured=change.loss,
        off_prediction=change.off_prediction,
        gated=bool(channels.gate_inputs),
    )
