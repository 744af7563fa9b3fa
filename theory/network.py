"""The mean-field two-layer network, and its neurons as atoms.

A neuron θ = (a, b) has the output φ(θ) = b·σ(X a) on the data X; a network of n neurons is
their *mean*, f = (1/n) Σ φ(θ_i). Other codes scale by 1/√n or not at all; here it is always 1/n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theory.activation import ACTIVATIONS, Activation
from theory.errors import Floats, check_array, check_choice, check_count, check_positive, check_seed


@dataclass(frozen=True, eq=False)
class TwoLayerNetwork:
    """n neurons with hidden weights a_i in R^d and output weights b_i, in the scaling 1/n."""

    hidden: Floats
    """(n, d)"""
    output: Floats
    """(n,)"""
    activation: Activation = "relu"

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", check_array("hidden", self.hidden, (None, None)))
        output = check_array("output", self.output, (len(self.hidden),))
        object.__setattr__(self, "output", output)
        check_choice("activation", self.activation, ACTIVATIONS)

    @property
    def width(self) -> int:
        """n, the number of neurons."""
        return len(self.hidden)

    def atoms(self, inputs: ArrayLike) -> Floats:
        """The neurons' outputs φ_i = b_i·σ(X a_i) on `inputs` (m, d): shape (n, m)."""
        points = check_array("inputs", inputs, (None, self.hidden.shape[1]))
        atoms = ACTIVATIONS[self.activation](self.hidden @ points.T)
        atoms *= self.output[:, None]
        return atoms

    def predict(self, inputs: ArrayLike) -> Floats:
        """The network's outputs f = (1/n) Σ φ_i on `inputs` (m, d): shape (m,)."""
        points = check_array("inputs", inputs, (None, self.hidden.shape[1]))
        prediction: Floats = (
            self.output @ ACTIVATIONS[self.activation](self.hidden @ points.T) / self.width
        )
        return prediction


def random_network(
    width: int,
    dimension: int,
    *,
    seed: int | np.random.Generator = 0,
    hidden_scale: float = 1.0,
    output_scale: float = 1.0,
    activation: Activation = "relu",
) -> TwoLayerNetwork:
    """Independent Gaussian neurons: a ~ N(0, hidden_scale²·I), b ~ N(0, output_scale²)."""
    check_count("width", width)
    check_count("dimension", dimension)
    check_positive("hidden_scale", hidden_scale)
    check_positive("output_scale", output_scale)
    check_choice("activation", activation, ACTIVATIONS)
    random = check_seed(seed)
    hidden = hidden_scale * random.standard_normal((width, dimension))
    output = output_scale * random.standard_normal(width)
    return TwoLayerNetwork(hidden, output, activation)
