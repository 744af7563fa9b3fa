from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import theory
from theory import InvalidInput, rules


class Own(nn.Module):
    """A user's module: the layers defined in the wrong order, the activation a function."""

    def __init__(self, bias: bool = True) -> None:
        super().__init__()
        self.readout = nn.Linear(40, 3, bias=bias)
        self.features = nn.Linear(5, 40, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.readout(torch.nn.functional.gelu(self.features(x)))


def sequential(*, bias: bool = True, outputs: int = 1) -> nn.Module:
    return nn.Sequential(nn.Linear(5, 40, bias=bias), nn.Tanh(), nn.Linear(40, outputs, bias=bias))


def data(dtype: torch.dtype) -> torch.Tensor:
    return torch.randn(25, 5, dtype=dtype, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("dtype", "near"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
@pytest.mark.parametrize(
    "make", [Own, lambda: Own(bias=False), sequential, lambda: sequential(outputs=4)]
)
def test_all_neurons_selected_once_give_the_module_back(make, dtype, near) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    module, inputs = make().to(dtype), data(dtype)
    found = theory.from_torch(module, inputs)
    again = found.subnetwork(np.full(40, 1 / 40))
    with torch.no_grad():
        expected, outputs = module(inputs), again(inputs)
    assert type(again) is type(module)
    assert outputs.dtype == dtype
    assert (outputs - expected).abs().max() <= near
    mean = found.pool.atoms.mean(axis=0)
    np.testing.assert_allclose(mean, expected.double().numpy().ravel(), atol=near)


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_pruned_modules_loss_is_the_selections(outputs: int) -> None:
    torch.manual_seed(0)
    module, inputs = sequential(outputs=outputs).double(), data(torch.float64)
    target = torch.randn(25, outputs, dtype=torch.float64)
    found = theory.from_torch(module, inputs, target)
    for rule in (rules.greedy_forward, rules.frank_wolfe):
        selection = rule(found.pool, 12)
        pruned = found.subnetwork(selection.weights(12))
        loss = 0.5 * nn.functional.mse_loss(pruned(inputs), target).item()
        assert loss == pytest.approx(selection.losses[-1], rel=1e-12)
        assert pruned[0].out_features == pruned[2].in_features == selection.distinct[-1]  # type: ignore[index, union-attr]
    assert module[0].out_features == 40  # type: ignore[index, union-attr]


def test_a_pruned_module_can_be_trained() -> None:
    torch.manual_seed(0)
    module, inputs = Own(), data(torch.float32)
    found = theory.from_torch(module, inputs)
    pruned = found.subnetwork(rules.greedy_forward(found.pool, 10).weights(10))
    optimiser = torch.optim.SGD(pruned.parameters(), lr=0.1)
    first = None
    for _ in range(50):
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(pruned(inputs), module(inputs).detach())
        first = first or loss.item()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.5 * first


def test_the_users_module_is_left_alone() -> None:
    module = nn.Sequential(nn.Linear(5, 40), nn.Dropout(0.5), nn.ReLU(), nn.Linear(40, 1))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    theory.from_torch(module, data(torch.float32))
    assert module.training
    found = theory.from_torch(module, data(torch.float32))
    pruned = found.subnetwork(np.full(40, 1 / 40))
    assert pruned.training
    assert not any(layer._forward_hooks for layer in pruned.modules())
    module[0].weight.requires_grad_(False)
    frozen = theory.from_torch(module, data(torch.float32)).subnetwork(np.full(40, 1 / 40))
    assert [p.requires_grad for p in frozen.parameters()] == [False, True, True, True]
    assert not module[0]._forward_hooks
    assert all((module.state_dict()[name] == value).all() for name, value in before.items())


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(5, 5), nn.Linear(5, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(self.one(self.one(x)))


class Skip(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(5, 8), nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.two(self.one(x).relu())


class Rolled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(5, 8), nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(self.one(x).relu().roll(2, dims=1))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Sequential(nn.Linear(5, 4)), "module has 1 Linear layers; a two-layer network has two"),
        (nn.Sequential(nn.Linear(5, 8), nn.LayerNorm(8), nn.Linear(8, 1)), "mixes its neurons"),
        (nn.Sequential(nn.Linear(5, 8), nn.Softmax(1), nn.Linear(8, 1)), "mixes its neurons"),
        (nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1), nn.Tanh()), "does more after"),
        (Skip(), "does more after layer 'two'"),
        (Twice(), "applies its Linear layers as"),
        (nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1), nn.ReLU(inplace=True)), "more"),
        (nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.Linear(8, 1)), "mixes its neurons"),
        (nn.Sequential(nn.Linear(5, 8), nn.PReLU(8), nn.Linear(8, 1)), "mixes its neurons"),
        (Rolled(), "mixes its neurons"),
        (nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)), "cannot be run on inputs"),
    ],
)
def test_other_modules_are_refused(module: nn.Module, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        theory.from_torch(module, data(torch.float32))


def test_what_does_not_fit_is_refused() -> None:
    module, inputs = sequential(outputs=2), data(torch.float32)
    with pytest.raises(InvalidInput, match=r"target has shape \(25,\); it must be .* \(25, 2\)"):
        theory.from_torch(module, inputs, np.zeros(25))
    with pytest.raises(InvalidInput, match="weights must be at least 0 and add up to 1"):
        theory.from_torch(module, inputs).subnetwork(np.ones(40))
    broken = sequential()
    broken[0].weight.data[3, 3] = float("nan")  # type: ignore[index, union-attr]
    with pytest.raises(InvalidInput, match="outputs that are not finite"):
        theory.from_torch(broken, inputs)
