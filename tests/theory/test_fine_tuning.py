"""What continues training, thins it, or disturbs it: masses, restarts, mini-batches, noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_training import SMALL, draw

from theory import (
    InvalidInput,
    Pool,
    Training,
    TwoLayerNetwork,
    descend,
    random_network,
    rules,
    teacher_problem,
    train,
)

EXACT = Training(rate=0.2, steps=30, dtype="float64")


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_merged_duplicates_train_like_the_duplicates(activation: str) -> None:
    (problem,), (network,) = draw(1, 3, activation)
    copies = np.array([0, 0, 0, 1, 2, 2])
    apart = TwoLayerNetwork(network.hidden[copies], network.output[copies], network.activation)
    merged = replace(network, mass=np.array([3, 1, 2]) / 6)
    np.testing.assert_allclose(
        merged.predict(problem.inputs), apart.predict(problem.inputs), rtol=1e-13
    )
    steps = [1, 10, 30]
    (one,) = descend([problem], [apart], EXACT, snapshots=steps)
    (other,) = descend([problem], [merged], EXACT, snapshots=steps)
    np.testing.assert_allclose(one.losses, other.losses, rtol=1e-11)
    for step in steps:
        np.testing.assert_allclose(
            other.snapshots[step].hidden[copies], one.snapshots[step].hidden, rtol=1e-10
        )
        assert other.snapshots[step].mass is not None


def test_a_subnetwork_starts_exactly_at_the_selection() -> None:
    problem = teacher_problem(seed=5)
    pool = train(problem, width=300, seed=5, training=Training(steps=50))[0].final
    selection = rules.greedy_forward(Pool(pool.atoms(problem.inputs), problem.target), 400)
    for size in (1, 7, 50, 400):
        subnetwork = pool.subnetwork(selection.weights(size))
        assert subnetwork.width == selection.distinct[size - 1]
        loss = problem.loss(subnetwork.predict(problem.inputs))
        assert loss == pytest.approx(selection.losses[size - 1], rel=1e-10, abs=1e-12)
        assert abs(loss - selection.losses[size - 1]) <= 1e-12
        (trajectory,) = descend([problem], [subnetwork], replace(EXACT, steps=0))
        assert abs(trajectory.losses[0] - selection.losses[size - 1]) <= 1e-12


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_kept_network_goes_on_from_there(dtype: str) -> None:
    problems, networks = draw(3, 11)
    training = Training(steps=40, dtype=dtype)  # type: ignore[arg-type]
    whole = descend(problems, networks, training, snapshots=[15, 40])
    again = descend(problems, [t.snapshots[15] for t in whole], replace(training, steps=25))
    for one, other in zip(whole, again, strict=True):
        np.testing.assert_array_equal(one.final.hidden, other.final.hidden)
        np.testing.assert_array_equal(one.losses[15:], other.losses)


def test_mini_batches_average_to_the_full_gradient() -> None:
    (problem,), _ = draw(1, 4)
    networks = [random_network(4, 5, seed=k) for k in range(400)]
    start = networks[0]
    step = replace(EXACT, steps=1)
    (full,) = descend([problem], [start], step)
    moved = full.final.hidden - start.hidden
    # The stream depends on the weights: an added neuron without mass draws another one.
    shifts = []
    for other in networks[1:]:
        padded = TwoLayerNetwork(
            np.vstack([start.hidden, other.hidden[:1]]),
            np.append(start.output, 0.0),
            mass=np.append(np.full(4, 0.25), 0.0),
        )
        (part,) = descend([problem], [padded], replace(step, batch=3))
        shifts.append(part.final.hidden[:4] - start.hidden)
    spread = np.std(shifts, axis=0) / np.sqrt(len(shifts))
    assert (np.abs(np.mean(shifts, axis=0) - moved) <= 4.5 * spread + 1e-15).all()
    assert spread.max() > 0
    (all_points,) = descend([problem], [start], replace(step, batch=problem.samples))
    np.testing.assert_allclose(all_points.final.hidden, full.final.hidden, rtol=1e-13)


def test_the_loss_recorded_is_that_of_all_points() -> None:
    problems, networks = draw(2, 6)
    for t, problem in zip(
        descend(problems, networks, replace(EXACT, batch=2), snapshots=[0, 9, 30]),
        problems,
        strict=True,
    ):
        for step, network in t.snapshots.items():
            loss = problem.loss(network.predict(problem.inputs))
            assert t.losses[step] == pytest.approx(loss, rel=1e-12)


def test_noise_has_the_size_that_it_says() -> None:
    (problem,), (network,) = draw(1, 2000)
    training = replace(EXACT, rate=0.04, steps=1, noise=0.5)
    (still,) = descend([problem], [network], replace(training, noise=0.0))
    (moved,) = descend([problem], [network], training)
    difference = moved.final.hidden - still.final.hidden
    assert difference.std() == pytest.approx(0.5 * 0.2, rel=0.03)
    assert (moved.final.output - still.final.output).std() == pytest.approx(0.1, rel=0.1)
    assert abs(difference.mean()) < 0.005


def test_chance_does_not_depend_on_the_neighbours() -> None:
    problems, networks = draw(4, 7)
    training = replace(EXACT, batch=3, noise=0.1)
    together = descend(problems, networks, training)
    for k in range(4):
        (alone,) = descend(problems[k : k + 1], networks[k : k + 1], training)
        np.testing.assert_allclose(alone.final.hidden, together[k].final.hidden, rtol=1e-12)
    assert not np.allclose(together[0].losses[1:], together[1].losses[1:])


def test_bad_masses_and_batches_are_refused() -> None:
    network = random_network(3, 2)
    with pytest.raises(InvalidInput, match=r"mass must be at least 0 .* its least is -0\.5"):
        replace(network, mass=[-0.5, 0.5, 1.0])
    with pytest.raises(InvalidInput, match=r"its sum 1\.5"):
        replace(network, mass=[0.5, 0.5, 0.5])
    with pytest.raises(InvalidInput, match=r"mass has shape \(2,\)"):
        replace(network, mass=[0.5, 0.5])
    for change, message in (({"batch": 0}, "batch is 0"), ({"noise": -1.0}, "noise is -1")):
        with pytest.raises(InvalidInput, match=message):
            Training(**change)  # type: ignore[arg-type]
    problems, networks = draw(1, 3)
    with pytest.raises(InvalidInput, match=r"training.batch is 13; it must be at most .* 12"):
        descend(problems, networks, Training(batch=SMALL.samples + 1))
