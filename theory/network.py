"""The mean-field two-layer network, and its neurons as atoms.

A neuron θ = (a, b) has the output φ(θ) = b·σ(X a) on the data X; a network of n neurons is
their *mean*, f = (1/n) Σ φ(θ_i). Other codes scale by 1/√n or not at all; here it is always 1/n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from theory.activation import ACTIVATIONS, Activation
from theory.errors import (
    Floats,
    check_array,
    check_choice,
    check_count,
    check_positive,
    check_seed,
    check_simplex,
)

Shape = Literal["gaussian", "sphere", "student"]


@dataclass(frozen=True, eq=False)
class TwoLayerNetwork:
    """n neurons with hidden weights a_i in R^d and output weights b_i, in the scaling 1/n.

    A neuron that stands for several equal ones has the mass of them all: f = Σ mass_i·φ_i, with
    masses that add up to 1.
    """

    hidden: Floats
    """(n, d)"""
    output: Floats
    """(n,)"""
    activation: Activation = "relu"
    mass: Floats | None = None
    """(n,) on the simplex; None: 1/n each"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", check_array("hidden", self.hidden, (None, None)))
        output = check_array("output", self.output, (len(self.hidden),))
        object.__setattr__(self, "output", output)
        check_choice("activation", self.activation, ACTIVATIONS)
        if self.mass is not None:
            mass = check_simplex("mass", self.mass, len(self.hidden))
            object.__setattr__(self, "mass", mass)

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
        """The network's outputs f = Σ mass_i·φ_i on `inputs` (m, d): shape (m,)."""
        points = check_array("inputs", inputs, (None, self.hidden.shape[1]))
        units = ACTIVATIONS[self.activation](self.hidden @ points.T)
        prediction: Floats
        if self.mass is None:
            prediction = self.output @ units / self.width
        else:
            prediction = (self.mass * self.output) @ units
        return prediction

    def subnetwork(self, weights: ArrayLike) -> TwoLayerNetwork:
        """The neurons that `weights` (n,), on the simplex, make positive, with these as masses.

        With a selection's weights this is the pruned network, duplicates merged: its outputs are
        the selection's.
        """
        mass = check_array("weights", weights, (self.width,))
        kept = np.flatnonzero(mass)
        return TwoLayerNetwork(self.hidden[kept], self.output[kept], self.activation, mass[kept])


@dataclass(frozen=True)
class Neurons:
    """How the independent neurons of a random network are drawn."""

    shape: Shape = "gaussian"
    """gaussian: a ~ N(0, I), b ~ N(0, 1). sphere: a uniform on the sphere of radius √d, b = ±1.
    student: all weights Student's t with 3 degrees of freedom, so that some neurons are huge"""
    hidden_scale: float = 1.0
    """multiplies a"""
    output_scale: float = 1.0
    """multiplies b"""
    symmetric: bool = True
    """b has either sign; if not, its absolute value is taken"""

    def __post_init__(self) -> None:
        check_choice("neurons.shape", self.shape, get_args(Shape))
        check_positive("neurons.hidden_scale", self.hidden_scale)
        check_positive("neurons.output_scale", self.output_scale)

    def draw(
        self, count: int, dimension: int, random: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Hidden weights (count, dimension) and output weights (count,)."""
        if self.shape == "student":
            hidden = random.standard_t(3, (count, dimension))
            output = random.standard_t(3, count)
        else:
            hidden = random.standard_normal((count, dimension))
            output = random.standard_normal(count)
        if self.shape == "sphere":
            hidden *= np.sqrt(dimension) / np.linalg.norm(hidden, axis=1, keepdims=True)
            output = np.sign(output)
        if not self.symmetric:
            output = np.abs(output)
        return self.hidden_scale * hidden, self.output_scale * output


def random_network(
    width: int,
    dimension: int,
    *,
    seed: int | np.random.Generator = 0,
    neurons: Neurons | None = None,
    activation: Activation = "relu",
) -> TwoLayerNetwork:
    """A network of independent random neurons; by default a ~ N(0, I) and b ~ N(0, 1)."""
    check_count("width", width)
    check_count("dimension", dimension)
    check_choice("activation", activation, ACTIVATIONS)
    hidden, output = (neurons or Neurons()).draw(width, dimension, check_seed(seed))
    return TwoLayerNetwork(hidden, output, activation)
