"""Layers of deep networks as pools: structure, Gram matrices, removal, budgets, task loss."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from pytorchcv.model_provider import get_model
from torch import Tensor, nn
from torch.nn import functional

from theory import InvalidInput, Pool, rules
from theory.layers import (
    METHODS,
    Channels,
    Costs,
    TaskLoss,
    Tracing,
    channel_count,
    count_flops,
    count_parameters,
    error_curve,
    layer_pool,
    layer_pools,
    prune_layer,
    sizes_by_error,
    sizes_by_share,
)
from theory.layers.task import by_task_loss


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return make().eval()


def images(count: int = 8, channels: int = 3, side: int = 9) -> Tensor:
    return torch.randn(count, channels, side, side, generator=torch.Generator().manual_seed(1))


def chain(consumer: nn.Module, channels: int = 6) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, channels, 3), nn.BatchNorm2d(channels), nn.ReLU(), consumer)


CONSUMERS: dict[str, Callable[[], nn.Module]] = {
    "plain": lambda: nn.Conv2d(6, 5, 3),
    "1 x 1": lambda: nn.Conv2d(6, 5, 1, bias=False),
    "padded": lambda: nn.Conv2d(6, 5, 3, padding=1, stride=2),
    "dilated": lambda: nn.Conv2d(6, 5, 3, padding=2, dilation=2, padding_mode="reflect"),
    "same": lambda: nn.Conv2d(6, 5, (3, 5), padding="same"),
    "grouped": lambda: nn.Conv2d(6, 4, 3, groups=2),
    "depth-wise": lambda: nn.Conv2d(6, 12, 3, groups=6, padding=1),
    "flattened": lambda: nn.Sequential(nn.Flatten(), nn.Linear(6 * 49, 5)),
    "pooled": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(6, 5)),
}


def explicit_pool(model: nn.Module, consumer: str, inputs: Tensor) -> Pool:
    """The atoms themselves: run the consumer on one channel at a time, subtract the means."""
    model = copy.deepcopy(model).double()
    layer: Any = model.get_submodule(consumer)
    layer.bias = None
    given: list[Tensor] = []
    layer.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    with torch.no_grad():
        model(inputs.double())
        whole = given[0]
        blocks = whole.reshape(len(whole), 6, -1)
        atoms = []
        for channel in range(6):
            alone = torch.zeros_like(blocks)
            alone[:, channel] = blocks[:, channel]
            out = 6 * layer(alone.reshape(whole.shape))
            out = out.movedim(1, -1)
            atoms.append((out - out.flatten(0, -2).mean(0)).flatten().numpy())
    points = np.array(atoms)
    return Pool(points, points.mean(axis=0))


@pytest.mark.parametrize("kind", CONSUMERS)
def test_a_layers_pool_is_that_of_its_explicit_atoms(kind: str) -> None:
    model = seeded(lambda: chain(CONSUMERS[kind]())).double()
    channels = Tracing(model).channels("0")
    pool = layer_pool(model, "0", images().split(3))
    explicit = explicit_pool(model, channels.consumer, images())
    for found, wanted in (
        (pool.atoms @ pool.atoms.T / pool.samples, explicit.atoms @ explicit.atoms.T),
        (pool.atoms @ pool.target / pool.samples, explicit.atoms @ explicit.target),
    ):
        wanted = wanted / explicit.samples
        np.testing.assert_allclose(found, wanted, atol=1e-12 * np.abs(wanted).max())
    for rule in ("greedy_forward", "greedy_imitation", "backward_elimination", "herding"):
        if (kind, rule) == ("depth-wise", "greedy_forward"):
            continue  # orthogonal atoms: before the third of six picks, all that are left tie
        first, second = (rules.ALL[rule](p, 6) for p in (pool, explicit))
        np.testing.assert_array_equal(first.indices, second.indices)


def test_sums_do_not_depend_on_the_batches() -> None:
    model = seeded(lambda: chain(nn.Conv2d(6, 5, 3)))
    whole, parts, pairs = (
        layer_pool(model, "0", batches)
        for batches in ([images()], images().split(1), [(images(), torch.zeros(8))])
    )
    np.testing.assert_allclose(parts.atoms @ parts.atoms.T, whole.atoms @ whole.atoms.T, rtol=1e-5)
    np.testing.assert_array_equal(pairs.atoms, whole.atoms)


class Block(nn.Module):
    """A residual block with a gate, and layers that go nowhere simple."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.expand = nn.Conv2d(8, 12, 1)
        self.wise = nn.Conv2d(12, 12, 3, padding=1, groups=12)
        self.squeeze = nn.Conv2d(12, 4, 1)
        self.excite = nn.Conv2d(4, 12, 1)
        self.project = nn.Conv2d(12, 8, 1)
        self.twice = nn.Conv2d(8, 8, 1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        wide = functional.relu(self.wise(functional.hardswish(self.expand(x))))
        gate = torch.sigmoid(self.excite(functional.relu(self.squeeze(wide.mean((2, 3), True)))))
        x = x + self.project(wide * gate)
        x = self.twice(self.twice(x))
        return self.head(x.mean((2, 3)))


def test_structure_is_found() -> None:
    tracing = Tracing(Block())
    assert tracing.prunable() == [Channels("wise", "project", ("squeeze",))]
    assert tracing.channels("expand") == Channels("expand", "wise")
    assert tracing.channels("squeeze") == Channels("squeeze", "excite")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("stem", "joined with others' at 'add'"),
        ("project", "joined with others' at 'add'"),
        ("excite", "not computed from them alone"),
        ("twice", "applies 2 times"),
        ("head", "outputs of the model"),
        ("wize", "did you mean 'wise'"),
    ],
)
def test_channels_that_are_not_a_layers_own_are_refused(layer: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Tracing(Block()).channels(layer)


class WiseOnTheStream(nn.Module):
    """A depth-wise convolution whose channels are those of a residual sum."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.wise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.project = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        found: Tensor = x + self.project(self.wise(x))
        return found


def test_depth_wise_channels_are_those_of_the_layer_before() -> None:
    tracing = Tracing(WiseOnTheStream())
    assert tracing.prunable() == []
    with pytest.raises(
        InvalidInput, match="layer is 'stem', whose channels are joined with others' at 'add'"
    ):
        tracing.channels("wise")


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) if x.sum() > 0 else x


class Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pair = nn.Sequential(nn.Conv1d(3, 3, 1), nn.Linear(3, 2))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.pair(x)
        return found


def test_models_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(InvalidInput, match="model, a Branching, cannot be traced"):
        Tracing(Branching())
    with pytest.raises(InvalidInput, match=r"layer is 'pair.0', a Conv1d; only Linear and Conv2d"):
        Tracing(Unused()).channels("pair.0")


def test_batches_and_weights_that_cannot_be_used_are_refused() -> None:
    model = seeded(lambda: chain(nn.Conv2d(6, 5, 3)))
    with pytest.raises(InvalidInput, match="batches is empty"):
        layer_pool(model, "0", [])
    with pytest.raises(InvalidInput, match="batch of no inputs"):
        layer_pool(model, "0", [torch.zeros(0, 3, 9, 9)])
    with pytest.raises(InvalidInput, match="batch of a str"):
        layer_pool(model, "0", ["image"])
    with torch.no_grad():
        model.get_submodule("0").weight[2, 1] = torch.nan  # type: ignore[index, operator]
    with pytest.raises(InvalidInput, match="layer is '0', which gives '3' values that are not fin"):
        layer_pool(model, "0", [images()])


def test_the_model_is_left_as_it_was() -> None:
    model = seeded(lambda: chain(nn.Conv2d(6, 5, 3))).train()
    model[1].eval()  # type: ignore[index]
    before = copy.deepcopy(model.state_dict())
    layer_pool(model, "0", [images()])
    assert model.training
    assert not model.get_submodule("1").training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("count", [1, 3, 5])
@pytest.mark.parametrize("method", [m for m in METHODS if m != "task_loss"])
def test_the_smaller_model_computes_what_the_selection_says(method: str, count: int) -> None:
    model = seeded(
        lambda: nn.Sequential(chain(nn.Conv2d(6, 5, 3)), nn.Flatten(), nn.Linear(125, 2))
    )
    tracing = Tracing(model)
    channels = tracing.channels("0.0")
    pruned, layer = prune_layer(model, tracing, channels, method, count, [images()], seed=2)
    assert layer.after == channel_count(pruned, "0.0") <= count
    assert layer.measured == pytest.approx(layer.loss, rel=1e-4)
    assert layer.off_prediction < 1e-5
    if method in ("greedy_forward", "greedy_imitation", "optimised"):
        assert layer.bound is not None
        assert layer.loss <= layer.bound
    else:
        assert layer.bound is None
    assert channel_count(model, "0.0") == 6


def test_optimised_is_the_best_of_the_rules_and_no_worse_than_nothing() -> None:
    model = seeded(lambda: chain(nn.Conv2d(6, 5, 3)))
    tracing = Tracing(model)
    for count in range(1, 6):
        found = {
            method: prune_layer(model, tracing, tracing.channels("0"), method, count, [images()])[1]
            for method in ("optimised", "greedy_imitation", "largest_l1")
        }
        assert found["optimised"].loss <= found["optimised"].power
        assert found["optimised"].loss <= found["greedy_imitation"].loss * (1 + 1e-9)


def test_all_channels_kept_leave_the_model_what_it_computes() -> None:
    model = seeded(lambda: chain(nn.Conv2d(6, 5, 3)))
    tracing = Tracing(model)
    for method in ("optimised", "greedy_forward", "task_loss", "random"):
        batch = (images(), torch.zeros(8, dtype=torch.long))
        same, layer = prune_layer(model, tracing, tracing.channels("0"), method, 6, [batch])
        torch.testing.assert_close(same(images()), model(images()))
        assert (layer.after, layer.measured) == (6, pytest.approx(0, abs=1e-12))


def refused(model: nn.Module, inputs: Any, layer: str = "0") -> str:
    with pytest.raises(InvalidInput) as caught:
        prune_layer(model, Tracing(model), layer, "optimised", 2, inputs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Joined(nn.Module):
    """Two layers before one and the same consumer, or one with the same weight as another."""

    def __init__(self, *, tied: bool) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 6), nn.Linear(4, 6)
        self.c, self.d = nn.Linear(6, 3), nn.Linear(6, 3)
        if tied:
            self.d.weight = self.c.weight
        self.tied = tied

    def forward(self, x: Tensor) -> Tensor:
        last = self.d if self.tied else self.c
        return torch.cat([self.c(self.a(x).relu()), last(self.b(x).relu())], 1)


def test_shared_consumers_and_weights_are_refused() -> None:
    rows = [torch.randn(20, 4)]
    for layer in "ab":
        assert "'c' the model applies more than once" in refused(Joined(tied=False), rows, layer)
    assert "shares its weight with 'd'" in refused(Joined(tied=True), rows, "a")


def test_what_cannot_be_pruned_is_told_in_one_line() -> None:
    rows = [torch.randn(20, 4)]
    pair = lambda middle, last: nn.Sequential(nn.Linear(4, 6), middle, last)  # noqa: E731
    assert "6 channels reach '2' as 3" in refused(pair(nn.GLU(), nn.Linear(3, 2)), rows)
    normed = nn.utils.parametrizations.weight_norm(nn.Linear(6, 2))
    assert "computed from other parameters" in refused(pair(nn.ReLU(), normed), rows)
    plain = pair(nn.ReLU(), nn.Linear(6, 2))
    assert "does not run on inputs of shape (20, 5)" in refused(plain, [torch.randn(20, 5)])
    assert "batches is a tensor" in refused(plain, rows[0])
    deconvolved = nn.Sequential(nn.Conv2d(3, 6, 1), nn.ConvTranspose2d(6, 2, 2))
    assert "'1' is a ConvTranspose2d" in refused(deconvolved, [images()])
    turned = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.Unflatten(1, (3, 2)), nn.Flatten(1, 2), nn.Conv2d(6, 2, 1)
    )
    assert refused(turned, [images()])


def test_linear_layers_act_on_the_last_axis() -> None:
    for shape in ((20, 4), (5, 7, 4), (3, 5, 7, 4)):
        model = seeded(lambda: nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 3)))
        batch = torch.randn(shape, generator=torch.Generator().manual_seed(2))
        pruned, layer = prune_layer(model, Tracing(model), "0", "optimised", 4, [batch])
        assert layer.measured == pytest.approx(layer.loss, rel=1e-4)
        assert pruned(batch).shape == (*shape[:-1], 3)


def test_frozen_models_stay_frozen_and_others_trainable() -> None:
    for trainable in (True, False):
        model = seeded(lambda: chain(nn.Conv2d(6, 5, 3))).requires_grad_(trainable)
        pruned, _ = prune_layer(model, Tracing(model), "0", "optimised", 3, [images()])
        for each in (model, pruned):
            assert {p.requires_grad for p in each.parameters() if p.ndim > 1} == {trainable}


def test_channels_that_cancel_leave_nothing_to_promise() -> None:
    for columns in ([4.0, -2.0, -2.0], [3.0, -1.0, -1.0, -1.0]):
        model = nn.Sequential(nn.Linear(1, len(columns), False), nn.Linear(len(columns), 1, False))
        with torch.no_grad():
            model[0].weight.fill_(1.0)
            model[1].weight.copy_(torch.tensor([columns]))
        inputs = torch.tensor([[-1.0], [1.0]])
        pruned, layer = prune_layer(model, Tracing(model), "0", "optimised", 1, [inputs])
        assert layer.bound is not None
        assert layer.loss <= layer.power + 1e-12
        assert layer.loss <= layer.bound
        torch.testing.assert_close(pruned(inputs), torch.zeros(2, 1), atol=1e-6, rtol=0)


def test_a_layer_that_does_nothing_keeps_one_channel() -> None:
    model = seeded(lambda: chain(nn.Conv2d(6, 5, 3)))
    with torch.no_grad():
        model.get_submodule("0").weight.zero_()  # type: ignore[operator, union-attr]
    tracing = Tracing(model)
    for method in ("optimised", "greedy_forward"):
        pruned, layer = prune_layer(model, tracing, tracing.channels("0"), method, 3, [images()])
        assert layer.after == 1
        torch.testing.assert_close(pruned(images()), model(images()))


def test_channels_that_are_mixed_on_the_way_are_noticed() -> None:
    model = seeded(lambda: nn.Sequential(nn.Conv2d(3, 6, 3), nn.Softmax(dim=1), nn.Conv2d(6, 5, 1)))
    tracing = Tracing(model)
    with pytest.raises(InvalidInput, match="layer is '0', whose channels are mixed before '2'"):
        prune_layer(model, tracing, tracing.channels("0"), "optimised", 3, [images()])


def test_grouped_convolutions_are_not_taken_apart() -> None:
    model = seeded(lambda: chain(nn.Conv2d(6, 4, 3, groups=2)))
    tracing = Tracing(model)
    with pytest.raises(InvalidInput, match="convolution in 2 groups"):
        prune_layer(model, tracing, tracing.channels("0"), "optimised", 3, [images()])


@pytest.mark.parametrize(
    ("method", "count", "message"),
    [
        ("best", 3, "method is 'best'"),
        ("task_loss", 3, "batches has a Tensor"),
        ("random", 0, "count is 0"),
        ("random", 7, "count is 7"),
    ],
)
def test_bad_arguments_are_refused(method: str, count: int, message: str) -> None:
    model = seeded(lambda: chain(nn.Conv2d(6, 5, 3)))
    tracing = Tracing(model)
    with pytest.raises(InvalidInput, match=message):
        prune_layer(model, tracing, tracing.channels("0"), method, count, [images()])


FAMILIES = (
    "resnet20_cifar10",
    "resnet10",
    "resnetbc14b",
    "mobilenetv2_wd4",
    "mobilenetv3_small_w7d20",
    "proxylessnas_cpu",
)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_network_of_every_family_is_pruned_to_half_its_flops(name: str) -> None:
    model = seeded(lambda: get_model(name, num_classes=10))
    model.features.final_pool = nn.AdaptiveAvgPool2d(1)  # type: ignore[union-attr]
    batches, example = [images(24, side=32)], torch.zeros(1, 3, 32, 32)
    tracing = Tracing(model)
    layers = tracing.prunable()
    costs = Costs(model, layers, example)
    assert costs.total == count_flops(model, example)
    sizes = sizes_by_share(costs, 0.5)
    pruned, found = model, []
    for channels in layers:
        count = sizes[channels.layer]
        pruned, layer = prune_layer(pruned, tracing, channels, "greedy_forward", count, batches)
        found.append(layer)
        assert layer.off_prediction < 1e-5
        assert layer.bound is None or layer.loss <= layer.bound
        if not layer.gated:
            assert layer.measured == pytest.approx(layer.loss, rel=1e-2, abs=1e-12 * layer.power)
    flops = count_flops(pruned, example)
    assert flops == costs.flops({layer.layer: layer.after for layer in found})
    assert flops <= 0.5 * costs.total
    assert count_parameters(pruned) < count_parameters(model)
    assert pruned(images(2, side=32)).shape == (2, 10)


def two_layers() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 12, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(12 * 25, 4),
    )  # fmt: skip


def test_costs_are_those_of_the_smaller_model() -> None:
    costs = Costs(seeded(two_layers), Tracing(two_layers()).prunable(), images(1))
    smaller = nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 2, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(2 * 25, 4),
    )  # fmt: skip
    assert costs.flops({"0": 5, "2": 2}) == count_flops(smaller, images(1))


def test_the_budget_is_used_with_one_tolerance_for_all_layers() -> None:
    model = seeded(two_layers)
    layers = Tracing(model).prunable()
    costs = Costs(model, layers, images(1))
    pools = layer_pools(model, layers, [images()])
    curves = {found.channels.layer: error_curve(found.pool) for found in pools}
    for curve in curves.values():
        assert (np.diff(curve) <= 0).all()
        assert curve[-1] == 0
        assert curve[0] <= 1
    for share in (0.1, 0.5, 0.9, 1.0):
        sizes, tolerance = sizes_by_error(costs, curves, share)
        assert costs.flops(sizes) <= share * costs.total
        for layer, size in sizes.items():
            assert curves[layer][size - 1] <= tolerance
            assert size == 1 or curves[layer][size - 2] > tolerance
        lower = max(v for c in curves.values() for v in [*c, 0.0] if v < tolerance or v == 0)
        if lower < tolerance:
            closer = {n: int(np.argmax(c <= lower)) + 1 for n, c in curves.items()}
            assert costs.flops(closer) > share * costs.total
    with pytest.raises(InvalidInput, match=r"flops is 0.01; it must be a share from 0\.0"):
        sizes_by_error(costs, curves, 0.01)
    with pytest.raises(InvalidInput, match=r"flops is 1\.5"):
        sizes_by_share(costs, 1.5)


@pytest.mark.parametrize("layer", ["0", "2"])
def test_task_loss_picks_what_running_every_candidate_says(layer: str) -> None:
    model = seeded(two_layers)
    tracing = Tracing(model)
    channels = tracing.channels(layer)
    labels = torch.arange(8) % 4
    batch = [(images(), labels)]
    (found,) = layer_pools(model, [channels], batch)
    means = found.window_means.mean(axis=1)
    size = found.pool.size
    random = np.random.default_rng(0)
    choice = by_task_loss(model, tracing, channels, 3, batch, TaskLoss(size), means, random)
    assert choice.selection is not None
    picks: list[int] = []
    for chosen, loss in zip(choice.selection.indices, choice.selection.losses, strict=True):
        losses = [
            np.inf if i in picks else _loss_with(model, channels, [*picks, i], means, labels)
            for i in range(size)
        ]
        assert chosen == int(np.argmin(losses))
        assert loss == pytest.approx(min(losses), rel=1e-5)
        picks.append(int(chosen))
    wanted = np.bincount(picks, minlength=size) * size / len(picks)
    np.testing.assert_allclose(choice.factors, wanted)


def _loss_with(
    model: nn.Module, channels: Channels, picks: list[int], means: np.ndarray, labels: Tensor
) -> float:
    size = len(means)
    factors = np.bincount(picks, minlength=size) * size / len(picks)
    middle, factor = (torch.from_numpy(v).float() for v in (means, factors))

    def change(_: nn.Module, given: tuple[Tensor]) -> Tensor:
        blocks = given[0].reshape(8, size, -1)
        changed = middle[:, None] + (blocks - middle[:, None]) * factor[:, None]
        return changed.reshape(given[0].shape)

    hook = model.get_submodule(channels.consumer).register_forward_pre_hook(change)
    with torch.no_grad():
        found = float(functional.cross_entropy(model(images()), labels))
    hook.remove()
    return found


def test_task_loss_stops_at_its_tolerance() -> None:
    model = seeded(two_layers)
    tracing = Tracing(model)
    batch = [(images(), torch.arange(8) % 4)]
    patient, hasty = (
        prune_layer(
            model, tracing, tracing.channels("2"), "task_loss", 8, batch,
            task_loss=TaskLoss(12, tolerance),
        )[1]
        for tolerance in (None, 10.0)
    )  # fmt: skip
    assert (hasty.picks, hasty.after) == (1, 1)
    assert patient.after == 8
