"""Problems: data and a target. The default is the synthetic teacher of the paper's figure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theory.activation import ACTIVATIONS, Activation
from theory.errors import (
    Floats,
    InvalidInput,
    check_array,
    check_choice,
    check_count,
    check_positive,
    check_seed,
)
from theory.network import Neurons, TwoLayerNetwork, random_network


@dataclass(frozen=True, eq=False)
class Problem:
    """m data points in R^d with one real target each.

    Raises `InvalidInput` if the shapes disagree or anything is empty, NaN or infinite.
    """

    inputs: Floats
    """(m, d)"""
    target: Floats
    """(m,)"""
    name: str = "unnamed"
    held_out: Problem | None = None
    """data of the same kind that nothing is trained or selected on, to see how far it carries"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", check_array("inputs", self.inputs, (None, None)))
        target = check_array("target", self.target, (len(self.inputs),))
        object.__setattr__(self, "target", target)
        if self.held_out is not None and self.held_out.dimension != self.dimension:
            raise InvalidInput(
                f"held_out has inputs of dimension {self.held_out.dimension}; it must be "
                f"{self.dimension}, that of the others"
            )

    @property
    def samples(self) -> int:
        """m, the number of data points."""
        return len(self.inputs)

    @property
    def dimension(self) -> int:
        """d, the number of input coordinates (a constant coordinate counted)."""
        return int(self.inputs.shape[1])

    def loss(self, outputs: ArrayLike) -> float:
        """Half the mean squared error, L = ½‖f − y‖², of predictions (m,)."""
        residual = check_array("outputs", outputs, (self.samples,)) - self.target
        return float(residual @ residual) / (2 * self.samples)

    def losses(self, network: TwoLayerNetwork) -> tuple[float, float]:
        """A network's loss on the data and on what is held out, NaN if nothing is."""
        other = self.held_out
        held_out = np.nan if other is None else other.loss(network.predict(other.inputs))
        return self.loss(network.predict(self.inputs)), held_out


@dataclass(frozen=True)
class Teacher:
    """A synthetic problem: Gaussian inputs, target from a wide random two-layer network.

    Inputs are `input_scale · N(0, I/dimension)` with a constant 1 appended (`bias`), so that d is
    `dimension + 1`. The teacher's neurons have hidden weights N(0, I) and output weights
    N(0, `output_scale`²), in the mean-field scaling 1/width. The paper does not publish its own
    set-up; these defaults reproduce its figure and were found by search (`paper_repro.md`).
    """

    samples: int = 100
    """m, the number of data points"""
    dimension: int = 50
    """of the Gaussian inputs; a constant coordinate comes on top"""
    input_scale: float = 2.5
    """the typical norm of an input"""
    bias: bool = True
    """append a constant 1 to every input"""
    width: int = 1000
    """the number of the teacher's neurons"""
    output_scale: float = 2.5
    """the standard deviation of the teacher's output weights (the students start from 1)"""
    activation: Activation = "relu"
    """of the teacher and of everything trained on the problem"""

    def __post_init__(self) -> None:
        check_count("problem.samples", self.samples)
        check_count("problem.dimension", self.dimension)
        check_count("problem.width", self.width)
        check_positive("problem.input_scale", self.input_scale)
        check_positive("problem.output_scale", self.output_scale)
        check_choice("problem.activation", self.activation, ACTIVATIONS)


def teacher_problem(
    teacher: Teacher | None = None, *, seed: int | np.random.Generator = 0
) -> Problem:
    """Draw the data and the teacher network and return the problem they define.

    As many points again are held out.
    """
    teacher = Teacher() if teacher is None else teacher
    random = check_seed(seed)

    def draw() -> Floats:
        inputs = random.standard_normal((teacher.samples, teacher.dimension))
        inputs *= teacher.input_scale / np.sqrt(teacher.dimension)
        return with_constant(inputs) if teacher.bias else inputs

    inputs = draw()
    network = random_network(
        teacher.width,
        inputs.shape[1],
        seed=random,
        neurons=Neurons(output_scale=teacher.output_scale),
        activation=teacher.activation,
    )
    name = f"teacher(samples={teacher.samples}, dimension={teacher.dimension})"
    others = draw()  # last, so that the problem is the same whatever is held out
    held_out = Problem(others, network.predict(others), f"{name}, held out")
    return Problem(inputs, network.predict(inputs), name, held_out)


def with_constant(inputs: Floats) -> Floats:
    """The inputs with a last coordinate of 1, whose weight is the neuron's bias."""
    return np.column_stack([inputs, np.ones(len(inputs))])
