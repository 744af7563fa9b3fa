from __future__ import annotations

import numpy as np
import pytest

from theory import InvalidInput, TwoLayerNetwork, random_network


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_prediction_is_the_mean_of_the_atoms(activation: str) -> None:
    network = random_network(7, 3, seed=2, activation=activation)  # type: ignore[arg-type]
    inputs = np.random.default_rng(0).standard_normal((5, 3))
    atoms = network.atoms(inputs)
    assert atoms.shape == (7, 5)
    np.testing.assert_allclose(network.predict(inputs), atoms.mean(axis=0), rtol=1e-13, atol=1e-15)


def test_atoms_by_hand() -> None:
    network = TwoLayerNetwork([[1.0, 0.0], [0.0, -1.0]], [2.0, 3.0])
    np.testing.assert_array_equal(network.atoms([[1.0, 1.0], [-1.0, -2.0]]), [[2, 0], [0, 6]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width is 0; it must be at least 1"),
        ({"width": True}, "width is True; it must be a whole number"),
        ({"dimension": -1}, "dimension is -1"),
        ({"activation": "rleu"}, "activation is 'rleu'; did you mean 'relu'"),
    ],
)
def test_bad_arguments_are_refused_by_name(change: dict[str, object], message: str) -> None:
    arguments = {"width": 2, "dimension": 2} | change
    with pytest.raises(InvalidInput, match=message):
        random_network(**arguments)  # type: ignore[arg-type]


def test_inputs_of_another_dimension_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"inputs has shape \(2, 4\); it must be \(any, 3\)"):
        random_network(2, 3).predict(np.ones((2, 4)))
