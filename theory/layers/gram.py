"""A layer's channels as a pool, known by its Gram matrix.

Channel i reaches the consumer's output through its own columns of the weight: φ_i = W_i·x_i. The
output, bias aside, is Σ_i φ_i, the mean of the N atoms N·φ_i; so the target lies in their hull, and
weights α on the simplex are a network whose consumer has its columns multiplied by N·α_i. Means
over the data count for nothing, atoms and target are taken without them: the bias makes up for
whatever the chosen channels lack there.

The atoms have a coordinate for every input, output channel and position: far too many to keep. But

    ⟨φ_i, φ_j⟩ = Σ_{p,q} (W_iᵀ W_j)_{pq} · Cov(x_{ip}, x_{jq}),

with p, q running over a channel's entries in the window that one output looks at; and the moments
of the consumer's windows add up batch by batch, in memory that does not grow with the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.linalg import block_diag
from torch import Tensor, nn
from torch.nn import functional

from theory.errors import Floats, InvalidInput
from theory.layers.running import Batches, show_inputs
from theory.layers.tracing import Channels, Tracing, channel_count
from theory.pool import Pool

_ENTRIES = 2**19  # of windows unfolded at a time: 4 MB in float64, as fast as any more


@dataclass(frozen=True, eq=False)
class LayerPool:
    """What pruning needs to know of a layer's channels."""

    channels: Channels
    pool: Pool
    """atoms N·φ_i and their mean; its loss is half the mean square over the consumer's outputs"""
    window_means: Floats
    """(N, p) the mean of every entry of a channel that an output of the consumer looks at"""
    gate_means: dict[str, Floats]
    """for every layer inside a gate, the mean of its input (N,)"""


def layer_pool(model: nn.Module, layer: str, batches: Batches) -> Pool:
    """The output channels of `layer` as a pool: N atoms, whose mean is the target.

    `layer` is the name of a Linear or Conv2d module, grouped or depth-wise ones included (though
    channels of grouped ones cannot be taken out by `prune_layer`). What its channels add up to in
    the next layer, less its mean, is taken over all `batches` (tensors of inputs, or pairs of
    inputs and labels). The model is run in evaluation mode and left as it is; sums are float64.

    Raises `InvalidInput` for a layer that is none or whose channels are not its own (see
    `Tracing`), for empty batches, and if the layer's values are not finite.
    """
    (found,) = layer_pools(model, [Tracing(model).channels(layer)], batches)
    return found.pool


def layer_pools(model: nn.Module, several: Sequence[Channels], batches: Batches) -> list[LayerPool]:
    """The pools of several layers from one run over `batches`."""
    moments = {c.consumer: _Moments(model.get_submodule(c.consumer)) for c in several}
    means = {gate: _Mean(model.get_submodule(gate)) for c in several for gate in c.gate_inputs}
    show_inputs(
        model,
        batches,
        {name: found.add for name, found in moments.items()}
        | {name: found.add for name, found in means.items()},
    )
    return [
        LayerPool(
            c,
            _pool(c, moments[c.consumer], channel_count(model, c.layer)),
            moments[c.consumer].means(channel_count(model, c.layer)),
            {gate: means[gate].value() for gate in c.gate_inputs},
        )
        for c in several
    ]


def _pool(channels: Channels, moments: _Moments, size: int) -> Pool:
    if not bool(moments.total.isfinite().all()):
        raise InvalidInput(
            f"layer is {channels.layer!r}, which gives {channels.consumer!r} values that are not "
            "finite; look at the model's weights and the batches"
        )
    if not bool(moments.weight.isfinite().all()):
        raise InvalidInput(
            f"layer is {channels.layer!r}, whose consumer {channels.consumer!r} has weights that "
            "are not finite"
        )
    inner = moments.gram(size)  # ⟨φ_i, φ_j⟩
    return Pool.from_gram(size**2 * inner, size * inner.sum(axis=1), float(inner.sum()))


class _Moments:
    """First and second moments of the windows of a consumer's input, group by group."""

    def __init__(self, consumer: nn.Module) -> None:
        assert isinstance(consumer, nn.Conv2d | nn.Linear)
        self._consumer = consumer
        weight = consumer.weight.detach().to(torch.float64)
        self._groups = consumer.groups if isinstance(consumer, nn.Conv2d) else 1
        self.weight = weight.reshape(self._groups, len(weight) // self._groups, -1)
        width = self.weight.shape[2]
        self.total = weight.new_zeros(self._groups, width, width)
        self.sums = weight.new_zeros(self._groups, width)
        self._centre = weight.new_zeros(self._groups, width, 1)
        self._windows = 0

    def add(self, given: Tensor) -> None:
        """Add the windows of an input (B, C, H, W) or (B, …, F)."""
        per_input = windows(self._consumer, given[:1]).numel()
        for part in torch.split(given, max(1, _ENTRIES // per_input)):
            found = windows(self._consumer, part)
            found = found.reshape(len(found), self._groups, -1, found.shape[-1])
            rows = found.permute(1, 2, 0, 3).flatten(2).to(torch.float64)
            if self._windows == 0:  # near enough to the mean that no digits are lost to it
                self._centre = rows.mean(2, keepdim=True)
            rows = rows - self._centre
            self.total.baddbmm_(rows, rows.mT)
            self.sums += rows.sum(2)
            self._windows += rows.shape[2]

    def means(self, size: int) -> Floats:
        """(N, p)"""
        found: Floats = (
            (self._centre[:, :, 0] + self.sums / self._windows).reshape(size, -1).cpu().numpy()
        )
        return found

    def gram(self, size: int) -> Floats:
        """(N, N) ⟨φ_i, φ_j⟩, the mean over all outputs of the consumer."""
        means = self.sums / self._windows
        covariance = self.total / self._windows - means[:, :, None] * means[:, None]
        products = (self.weight.mT @ self.weight) * covariance
        own = size // self._groups  # channels of a group
        blocks = products.reshape(self._groups, own, -1, own, products.shape[1] // own)
        joined = block_diag(*blocks.sum((2, 4)).cpu().numpy())
        outputs = self.weight.shape[0] * self.weight.shape[1]
        found: Floats = (joined + joined.T) / (2 * outputs)
        return found


def windows(consumer: nn.Module, given: Tensor) -> Tensor:
    """(B, C·p, L): the p entries of every channel that each of L outputs looks at."""
    if isinstance(consumer, nn.Linear):
        return given.reshape(len(given), -1, given.shape[-1]).mT
    assert isinstance(consumer, nn.Conv2d)
    mode = "constant" if consumer.padding_mode == "zeros" else consumer.padding_mode
    padded = functional.pad(given, consumer._reversed_padding_repeated_twice, mode=mode)
    return functional.unfold(
        padded, consumer.kernel_size, dilation=consumer.dilation, stride=consumer.stride
    )


class _Mean:
    """The mean of every channel of what a layer is given."""

    def __init__(self, layer: nn.Module) -> None:
        self._layer = layer
        self._total: Tensor | None = None
        self._count = 0

    def add(self, given: Tensor) -> None:
        rows = given.movedim(1, -1) if isinstance(self._layer, nn.Conv2d) else given
        rows = rows.flatten(0, -2)
        sums = rows.to(torch.float64).sum(0)
        self._total = sums if self._total is None else self._total + sums
        self._count += len(rows)

    def value(self) -> Floats:
        assert self._total is not None
        found: Floats = (self._total / self._count).cpu().numpy()
        return found
