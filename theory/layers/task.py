"""The paper's own criterion on a deep network: the channel that lowers the task loss most.

    S ← S ∪ {argmin_{i ∉ S} loss of the network whose layer is the mean of N·φ_j, j ∈ S ∪ {i}},

every step on another mini-batch and over a random sample of candidates, until the subnetwork is as
good as the network, up to a tolerance, or has as many channels as it may. Equal weights, and each
channel once, as in the authors' released code.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from theory.errors import Floats, InvalidInput, check_count
from theory.layers.choice import Choice, everything
from theory.layers.running import evaluating
from theory.layers.tracing import Channels, Tracing, channel_count
from theory.selection import Selection


@dataclass(frozen=True)
class TaskLoss:
    """How the criterion is evaluated."""

    candidates: int = 16
    """channels tried at every step, drawn at random"""
    tolerance: float | None = None
    """stop when the loss is at most this above the network's own; None fills the budget"""
    loss: Callable[..., Tensor] = functional.cross_entropy
    """of outputs, labels and `reduction="none"`"""

    def __post_init__(self) -> None:
        check_count("candidates", self.candidates)
        if self.tolerance is not None and not np.isfinite(self.tolerance):
            raise InvalidInput(f"tolerance is {self.tolerance}; it must be a finite number")


def by_task_loss(
    model: nn.Module,
    tracing: Tracing,
    channels: Channels,
    count: int,
    batches: Sequence[tuple[Tensor, Tensor]],
    criterion: TaskLoss,
    means: Floats,
    random: np.random.Generator,
) -> Choice:
    """Greedy forward selection by the loss of the whole model on `batches`, one a step.

    Factors multiply the channels' deviations from their `means` (N,).
    """
    size = channel_count(model, channels.layer)
    check_count("count", count, most=size)
    if count == size:
        return everything(size)
    for batch in batches:
        if not (isinstance(batch, tuple | list) and len(batch) == 2):
            raise InvalidInput(
                f"batches has a {type(batch).__name__}; the task loss needs pairs of inputs and "
                "labels"
            )
    rest = _Rest(model, tracing, channels, torch.from_numpy(means))
    picks = np.zeros(size)
    indices: list[int] = []
    losses: list[float] = []
    with evaluating(model):
        for inputs, labels in itertools.islice(itertools.cycle(batches), count):
            left = np.flatnonzero(picks == 0)
            tried = random.choice(left, min(criterion.candidates, len(left)), replace=False)
            taken = np.tile(picks, (len(tried), 1))
            taken[np.arange(len(tried)), tried] += 1
            factors = torch.from_numpy(taken * (size / (len(indices) + 1)))
            own, found = rest.losses(inputs, labels, factors, criterion.loss)
            best = int(found.argmin())
            picks[tried[best]] += 1
            indices.append(int(tried[best]))
            losses.append(float(found[best]))
            if criterion.tolerance is not None and losses[-1] <= own + criterion.tolerance:
                break
    selection = Selection("task_loss", np.array(indices), np.array(losses), size)
    return Choice(size * selection.weights(len(indices)), selection, len(indices))


class _Rest:
    """What a model does from a consumer on, for many versions of the consumer's input at once."""

    def __init__(
        self, model: nn.Module, tracing: Tracing, channels: Channels, means: Tensor
    ) -> None:
        self._means = means
        self._model = fx.GraphModule(model, tracing.graph)
        nodes = list(self._model.graph.nodes)
        consumer = next(n for n in nodes if n.op == "call_module" and n.target == channels.consumer)
        self._given = consumer.all_input_nodes[0]
        place = nodes.index(consumer)
        self._before = nodes[:place]
        later = set(nodes[place:])
        self._needed = [n for n in self._before if any(user in later for user in n.users)]

    def losses(
        self, inputs: Tensor, labels: Tensor, factors: Tensor, loss: Callable[..., Tensor]
    ) -> tuple[float, Tensor]:
        """The model's own loss, and that with every row of `factors` (c, N) on the channels."""
        like = next(self._model.parameters())
        labels = labels.to(like.device)
        whole = fx.Interpreter(self._model, garbage_collect_values=False)
        outputs = whole.run(inputs.to(like))
        count = len(factors)
        env: dict[fx.Node, Any] = dict.fromkeys(self._before)
        for node in self._needed:
            env[node] = _repeated(whole.env[node], count)
        given = env[self._given]
        spread = factors.to(like).repeat_interleave(len(inputs), 0)
        repeats = given.shape[1] // len(self._means)  # of a channel that was flattened
        shape = (-1, given.shape[1], *[1] * (given.ndim - 2))
        spread, means = (
            values.repeat_interleave(repeats, -1).reshape(shape)
            for values in (spread, self._means.to(like))
        )
        env[self._given] = means + (given - means) * spread
        changed = fx.Interpreter(self._model).run(initial_env=env)
        found = loss(changed, labels.repeat(count), reduction="none").view(count, -1).mean(1)
        return float(loss(outputs, labels, reduction="none").mean()), found


def _repeated(value: Any, count: int) -> Any:
    """A tensor (B, …) as (count·B, …)."""
    return value.repeat(count, *[1] * (value.ndim - 1)) if isinstance(value, Tensor) else value
