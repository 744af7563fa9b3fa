"""How many channels each layer may keep, so that the model has a given share of its FLOPs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from theory import rules
from theory.errors import Floats, InvalidInput
from theory.layers.choice import channels_used, with_origin
from theory.layers.removal import dependents
from theory.layers.running import evaluating, run
from theory.layers.tracing import Channels, channel_count
from theory.pool import Pool


def count_flops(model: nn.Module, example: Tensor) -> int:
    """Floating-point operations for `example`, as torch counts them: two for a multiply-add."""
    with FlopCounterMode(display=False) as counter, evaluating(model):
        run(model, example)
    return int(counter.get_total_flops())


def count_parameters(model: nn.Module) -> int:
    """The number of trainable numbers."""
    return sum(parameter.numel() for parameter in model.parameters())


class Costs:
    """The FLOPs of `model` for one `example` (1, …), as a function of the channels that stay."""

    def __init__(self, model: nn.Module, several: Sequence[Channels], example: Tensor) -> None:
        self.sizes = {c.layer: channel_count(model, c.layer) for c in several}
        self._base = _layer_flops(model, example)
        self._scaled: dict[str, list[str]] = {name: [] for name in self._base}
        for layer in self.sizes:
            for name in dependents(model, layer, example):
                if name in self._scaled:
                    self._scaled[name].append(layer)

    @property
    def total(self) -> int:
        """With all channels."""
        return sum(self._base.values())

    def flops(self, kept: Mapping[str, int]) -> int:
        """With as many channels of every layer as `kept` says; all, of a layer not named."""
        total = 0
        for name, flops in self._base.items():
            for layer in self._scaled[name]:
                flops = flops * kept.get(layer, self.sizes[layer]) // self.sizes[layer]
            total += flops
        return total

    def budget(self, share: float) -> float:
        """The FLOPs that are `share` of all. Raises `InvalidInput` if so few cannot be reached."""
        least = self.flops(dict.fromkeys(self.sizes, 1)) / self.total
        if not least <= share <= 1:
            raise InvalidInput(
                f"flops is {share}; it must be a share from {least:.3f} (one channel in each of "
                f"{len(self.sizes)} layers) to 1"
            )
        return share * self.total


def _layer_flops(model: nn.Module, example: Tensor) -> dict[str, int]:
    """FLOPs of every Linear and Conv2d layer: 2 · outputs · (inputs that each output looks at)."""
    found: dict[str, int] = {}
    hooks = []
    for name, module in model.named_modules():
        if not isinstance(module, nn.Linear | nn.Conv2d):
            continue

        def count(layer: nn.Module, given: object, output: Tensor, name: str = name) -> None:
            del given
            assert isinstance(layer, nn.Linear | nn.Conv2d)
            found[name] = found.get(name, 0) + 2 * output.numel() * layer.weight[0].numel()

        hooks.append(module.register_forward_hook(count))
    try:
        with evaluating(model):
            run(model, example)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def error_curve(pool: Pool) -> Floats:
    """(N,) the error with at most k channels, over that with none, for k = 1..N.

    Of greedy imitation from the atoms and the origin; all N channels have no error.
    """
    power = pool.loss(np.zeros(pool.samples))
    curve: Floats = np.zeros(pool.size)
    if power > 0 and pool.size > 1:
        selection = rules.greedy_imitation(with_origin(pool), 2 * pool.size)
        used = channels_used(selection)
        curve += 1.0
        some = used > 0
        np.minimum.at(curve, used[some] - 1, selection.losses[some] / power)
        curve = np.minimum.accumulate(curve)
        curve[-1] = 0.0
    return curve


def within_tolerance(curves: Mapping[str, Floats], tolerance: float) -> dict[str, int]:
    """For every layer the least number of channels whose error is at most `tolerance`."""
    return {name: int(np.argmax(curve <= tolerance)) + 1 for name, curve in curves.items()}


def sizes_by_error(
    costs: Costs, curves: Mapping[str, Floats], share: float
) -> tuple[dict[str, int], float]:
    """The sizes, and the one tolerance for all layers, that leave at most `share` of the FLOPs.

    `curves` holds for every layer the (relative) error (N,) with k = 1..N channels, not rising; it
    is pruned to the least number of channels whose error is at most the tolerance.
    """
    wanted = costs.budget(share)
    tolerances = np.unique(np.concatenate([*curves.values()]))
    low, high = 0, len(tolerances) - 1  # the last leaves one channel in every layer
    while low < high:
        middle = (low + high) // 2
        if costs.flops(within_tolerance(curves, tolerances[middle])) <= wanted:
            high = middle
        else:
            low = middle + 1
    return within_tolerance(curves, tolerances[low]), float(tolerances[low])


def sizes_by_share(costs: Costs, share: float) -> dict[str, int]:
    """The same share of channels in every layer, as large as leaves `share` of the FLOPs."""
    wanted = costs.budget(share)
    best = dict.fromkeys(costs.sizes, 1)
    for part in np.linspace(0, 1, 1001):
        sizes = {name: max(1, int(part * size)) for name, size in costs.sizes.items()}
        if costs.flops(sizes) > wanted:
            break
        best = sizes
    return best
