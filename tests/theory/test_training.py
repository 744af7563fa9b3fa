from __future__ import annotations

import numpy as np
import pytest
import torch

from theory import (
    Diverged,
    InvalidInput,
    Problem,
    Teacher,
    Training,
    TwoLayerNetwork,
    descend,
    descent,
    descent_torch,
    random_network,
    teacher_problem,
    train,
)
from theory.activation import ACTIVATIONS

SMALL = Teacher(samples=12, dimension=4, width=30)


def draw(
    count: int, width: int, activation: str = "relu"
) -> tuple[list[Problem], list[TwoLayerNetwork]]:
    problems = [teacher_problem(SMALL, seed=10 + k) for k in range(count)]
    networks = [
        random_network(width, 5, seed=20 + k, activation=activation)  # type: ignore[arg-type]
        for k in range(count)
    ]
    return problems, networks


class MeanFieldModule(torch.nn.Module):
    """The plainest network there is: two linear layers and a division by n."""

    def __init__(self, network: TwoLayerNetwork) -> None:
        super().__init__()
        self.hidden = torch.nn.Parameter(torch.tensor(network.hidden.copy()))
        self.output = torch.nn.Parameter(torch.tensor(network.output.copy()))
        self.activation = getattr(torch, network.activation)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.activation(inputs @ self.hidden.T) @ self.output / len(self.output)


def descend_by_autograd(
    problem: Problem, network: TwoLayerNetwork, rate: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    module = MeanFieldModule(network)
    optimiser = torch.optim.SGD(module.parameters(), lr=rate * network.width)
    inputs, target = torch.tensor(problem.inputs.copy()), torch.tensor(problem.target.copy())
    for _ in range(steps):
        optimiser.zero_grad()
        (0.5 * (module(inputs) - target).square().mean()).backward()
        optimiser.step()
    return module.hidden.detach().numpy(), module.output.detach().numpy()


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_equals_a_loop_of_modules_under_autograd(activation: str) -> None:
    problems, networks = draw(3, 17, activation)
    trajectories = descend(problems, networks, Training(rate=0.4, steps=200, dtype="float64"))
    for problem, network, trajectory in zip(problems, networks, trajectories, strict=True):
        hidden, output = descend_by_autograd(problem, network, 0.4, 200)
        np.testing.assert_allclose(trajectory.final.hidden, hidden, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(trajectory.final.output, output, rtol=1e-9, atol=1e-12)
        loss = problem.loss(trajectory.final.predict(problem.inputs))
        assert trajectory.losses[-1] == pytest.approx(loss, rel=1e-9)
        assert loss < 0.5 * trajectory.losses[0]


def test_every_activation_has_a_training_side() -> None:
    assert set(ACTIVATIONS) == set(descent.ACTIVATE)
    assert set(ACTIVATIONS) == set(descent_torch.ACTIVATE) == set(descent_torch.DERIVATIVE)


def test_same_call_same_bits() -> None:
    problems, networks = draw(3, 40)
    first, again = (descend(problems, networks, Training(steps=50)) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        assert (a.final.hidden == b.final.hidden).all()
        assert (a.losses == b.losses).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_neither_company_nor_chunks_nor_threads_change_a_bit(
    activation: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems, networks = draw(5, 40, activation)
    training = Training(steps=200, dtype=dtype)  # type: ignore[arg-type]
    monkeypatch.setattr("theory.training._threads", lambda: 1)
    together = descend(problems, networks, training)
    others = [descend([p], [net], training)[0] for p, net in zip(problems, networks, strict=True)]
    monkeypatch.setattr("theory.training._threads", lambda: 3)
    threaded = descend(problems, networks, training)
    monkeypatch.setattr("theory.training._CACHE", 1)
    chunked = descend(problems, networks, training)
    for here in (others, threaded, chunked):
        for a, b in zip(together, here, strict=True):
            assert (a.final.hidden == b.final.hidden).all()
            assert (a.final.output == b.final.output).all()
            assert (a.losses == b.losses).all()


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("more", [{}, {"batch": 5}, {"noise": 0.01}])
def test_the_step_for_accelerators_is_the_same(activation: str, more: dict[str, float]) -> None:
    """Run on the processor, where there is no accelerator."""
    problems, networks = draw(3, 40, activation)
    training = Training(steps=100, dtype="float64", **more)  # type: ignore[arg-type]
    kept, losses = descent.descend_together(problems, networks, training, [0, 7, 100])
    others, other_losses = descent_torch.descend_together(problems, networks, training, [0, 7, 100])
    np.testing.assert_allclose(losses, other_losses, rtol=1e-9)
    assert sorted(kept) == sorted(others)
    for step, weights in kept.items():
        for mine, theirs in zip(weights, others[step], strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


def test_a_device_without_torch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InvalidInput, match=r"'cuda', which takes torch, .*pip install torch"):
        Training(device="cuda")


def test_float32_follows_float64() -> None:
    problems, networks = draw(2, 40)
    single, double = (
        descend(problems, networks, Training(steps=100, dtype=dtype))
        for dtype in ("float32", "float64")
    )
    for a, b in zip(single, double, strict=True):
        np.testing.assert_allclose(a.losses, b.losses, rtol=1e-3)


def test_the_step_is_scaled_with_the_width() -> None:
    """In mean-field time a network and its doubled copy move alike."""
    problems, (network,) = draw(1, 20)
    doubled = TwoLayerNetwork(np.tile(network.hidden, (2, 1)), np.tile(network.output, 2))
    training = Training(steps=100, dtype="float64")
    (single,) = descend(problems, [network], training)
    (twice,) = descend(problems, [doubled], training)
    np.testing.assert_allclose(twice.final.hidden[:20], single.final.hidden, rtol=1e-9)
    np.testing.assert_allclose(twice.losses, single.losses, rtol=1e-9)


def test_snapshots_are_taken_before_their_step() -> None:
    problems, networks = draw(2, 9)
    training = Training(steps=20, dtype="float64")
    trajectories = descend(problems, networks, training, snapshots=[0, 7, 20])
    shorter = descend(problems, networks, Training(steps=7, dtype="float64"))
    for network, long, short in zip(networks, trajectories, shorter, strict=True):
        assert sorted(long.snapshots) == [0, 7, 20]
        assert (long.snapshots[0].hidden == network.hidden).all()
        assert (long.snapshots[7].hidden == short.final.hidden).all()
        assert (long.losses[:8] == short.losses).all()


def test_train_draws_replicates_that_do_not_depend_on_their_number() -> None:
    problem = teacher_problem(SMALL)
    few = train(problem, width=6, replicates=2, seed=5, training=Training(steps=0))
    many = train(problem, width=6, replicates=3, seed=5, training=Training(steps=0))
    for a, b in zip(few, many, strict=False):
        assert (a.final.hidden == b.final.hidden).all()
    assert (many[0].final.hidden != many[1].final.hidden).any()


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_diverging_run_names_its_step_and_a_rate_to_try(activation: str, dtype: str) -> None:
    problems, networks = draw(2, 9, activation)
    training = Training(rate=1e3, steps=300, dtype=dtype)  # type: ignore[arg-type]
    with pytest.raises(Diverged, match=r"replica 0 diverged at step \d+ of 300 .* try rate 250"):
        descend(problems, networks, training)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 0}, "training.rate is 0"),
        ({"steps": -1}, "training.steps is -1; it must be at least 0"),
        ({"dtype": "float16"}, "training.dtype is 'float16'"),
        ({"device": "quantum"}, "training.device is 'quantum'; it must be cpu"),
    ],
)
def test_bad_training_is_refused_by_name(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Training(**arguments)  # type: ignore[arg-type]


def test_what_does_not_fit_together_is_refused() -> None:
    problems, networks = draw(2, 9)
    with pytest.raises(InvalidInput, match="lengths 2 and 1"):
        descend(problems, networks[:1])
    with pytest.raises(InvalidInput, match="lengths 0 and 0"):
        descend([], [])
    with pytest.raises(InvalidInput, match="networks differ in shape or activation"):
        descend(problems, [networks[0], random_network(8, 5)])
    with pytest.raises(InvalidInput, match="inputs of dimension 3, but the problems"):
        descend(problems, [random_network(9, 3)] * 2)
    with pytest.raises(InvalidInput, match="problems have inputs of shapes"):
        descend([problems[0], Problem(np.ones((2, 5)), [0, 1])], networks)
    with pytest.raises(InvalidInput, match="snapshots is 201; it must be from 0 to 200"):
        descend(problems, networks, snapshots=[201])
    with pytest.raises(InvalidInput, match="snapshots is empty"):
        descend(problems, networks, snapshots=[])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_follows_the_processor() -> None:
    problems, networks = draw(3, 40)
    here = descend(problems, networks, Training(steps=200, dtype="float64"))
    there = descend(problems, networks, Training(steps=200, dtype="float64", device="cuda"))
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(a.final.output, b.final.output, rtol=1e-9, atol=1e-12)
