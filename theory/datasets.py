"""Problems from real data: the sets that come with scikit-learn, and arrays of one's own.

Inputs and target are standardised with the training points' mean and standard deviation alone, and
then brought to the scale of the synthetic problems: inputs of norm about `input_scale`, with a
constant 1 appended, and a target of standard deviation `target_scale`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from theory.activation import ACTIVATIONS, Activation
from theory.errors import (
    Floats,
    Integers,
    InvalidInput,
    check_array,
    check_choice,
    check_count,
    check_positive,
    check_seed,
)
from theory.problem import Problem, with_constant


@dataclass(frozen=True)
class Bundled:
    """What is known of a data set before it is loaded."""

    points: int
    what: str
    """the points, and what is asked of them"""

    def __str__(self) -> str:
        return f"{self.points} {self.what}"


DATASETS: Mapping[str, Bundled] = MappingProxyType(
    {
        "digits": Bundled(1797, "pictures of 8 × 8 pixels, the target is which digit"),
        "diabetes": Bundled(
            442, "patients, 10 measurements, the target is the disease a year later"
        ),
        "breast_cancer": Bundled(
            569, "tumours, 30 measurements, the target is malignant or benign"
        ),
        "wine": Bundled(178, "wines, 13 measurements, the target is which of three growers"),
    }
)

_LARGEST = 1e140
_ROUNDING = 1e-13  # a standard deviation below this share of the largest entry is rounding


@dataclass(frozen=True)
class Scales:
    """To what scale data is brought, and how much of it is used."""

    samples: int | None = None
    """training points, drawn without replacement; None: all that are not held out"""
    share_held_out: float = 0.25
    """of the points, for held-out losses"""
    input_scale: float = 2.5
    """the typical norm of an input, before the constant 1 is appended"""
    target_scale: float = 0.3
    """the standard deviation of the target"""

    def __post_init__(self) -> None:
        if self.samples is not None:
            check_count("problem.samples", self.samples, least=2)
        check_positive("problem.input_scale", self.input_scale)
        check_positive("problem.target_scale", self.target_scale)
        if not isinstance(self.share_held_out, float | int) or not 0 <= self.share_held_out < 1:
            raise InvalidInput(
                f"problem.share_held_out is {self.share_held_out!r}; it must be at least 0 and "
                "below 1"
            )

    def held_out(self, points: int) -> int:
        """How many of so many points are held out."""
        return round(self.share_held_out * points)


@dataclass(frozen=True)
class RealData(Scales):
    """One of the bundled data sets, split anew for every seed."""

    name: str = "digits"
    """digits, diabetes, breast_cancer or wine"""
    against: int | None = None
    """for classes: the target is ±1, this class against the rest; None: the class's number"""
    activation: Activation = "relu"
    """of everything trained on the problem"""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("problem", self.name, DATASETS)
        check_choice("problem.activation", self.activation, ACTIVATIONS)
        if self.against is not None:
            check_count("problem.against", self.against, least=0)


def real_problem(data: RealData, *, seed: int | np.random.Generator = 0) -> Problem:
    """A bundled data set as a problem: which points are held out is drawn from the seed."""
    inputs, target = bundled(data.name, data.against)
    return from_arrays(inputs, target, scales=data, name=data.name, seed=seed)


def bundled(name: str, against: int | None = None) -> tuple[Floats, Floats]:
    """Inputs (points, features) and target (points,) as scikit-learn has them.

    Raises `InvalidInput` for a class that the set does not have.
    """
    from sklearn import datasets

    check_choice("name", name, DATASETS)
    inputs, target = getattr(datasets, f"load_{name}")(return_X_y=True)
    if against is not None:
        target = _against(name, target, against)
    return inputs.astype(np.float64), target.astype(np.float64)


def _against(name: str, target: Floats, against: int) -> Floats:
    if name == "diabetes":
        raise InvalidInput("problem.against is of no use: diabetes has a number as its target")
    classes = np.unique(target)
    check_count("problem.against", against, least=0, most=len(classes) - 1)
    return np.where(target == against, 1.0, -1.0)


def from_arrays(
    inputs: ArrayLike,
    target: ArrayLike,
    *,
    scales: Scales | None = None,
    name: str = "arrays",
    seed: int | np.random.Generator = 0,
) -> Problem:
    """A problem from inputs (points, features) and a target (points,), split and standardised.

    Coordinates that are constant are left out; one that is constant on the training points alone
    is 0 everywhere, so that the dimension does not depend on the split.
    Raises `InvalidInput` for NaN, shapes that disagree, too few points, or a constant target.
    """
    scales = Scales() if scales is None else scales
    points = check_array("inputs", inputs, (None, None))
    values = check_array("target", target, (len(points),))
    largest = max(float(np.abs(points).max()), float(np.abs(values).max()))
    if largest > _LARGEST:
        raise InvalidInput(
            f"inputs and target have a largest entry of {largest:.1e}, whose square floating point "
            "cannot hold; take another unit"
        )
    points = points[:, np.ptp(points, axis=0) > 0]
    train, other = _split(len(points), scales, check_seed(seed))
    mean, spread = points[train].mean(axis=0), points[train].std(axis=0)
    silent = spread <= _ROUNDING * np.abs(points[train]).max(axis=0, initial=0)
    middle, width = float(values[train].mean()), float(values[train].std())
    if silent.all():
        raise InvalidInput("inputs are constant on the training points; give inputs that vary")
    if not width > _ROUNDING * np.abs(values[train]).max():
        raise InvalidInput("target is constant on the training points; there is nothing to learn")
    factor = scales.input_scale / np.sqrt(points.shape[1])

    def scaled(chosen: Integers, called: str, held_out: Problem | None = None) -> Problem:
        standard = (points[chosen] - mean) / np.where(silent, np.inf, spread)
        wanted = scales.target_scale * (values[chosen] - middle) / width
        return Problem(with_constant(factor * standard), wanted, called, held_out)

    held_out = scaled(other, f"{name}, held out") if len(other) else None
    return scaled(train, name, held_out)


def _split(points: int, scales: Scales, random: np.random.Generator) -> tuple[Integers, Integers]:
    """The training points and those held out, in random order."""
    order = random.permutation(points)
    held_out = scales.held_out(points)
    train = order[held_out:]
    if len(train) < 2:
        raise InvalidInput(f"inputs has {points} points; {len(train)} are left to train on, not 2")
    if scales.samples is not None:
        check_count("problem.samples", scales.samples, least=2, most=len(train))
        train = train[: scales.samples]
    return train, order[:held_out]
