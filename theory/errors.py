"""The exception tree and the checks that raise it: one clear line for every bad argument."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class SubnetsError(Exception):
    """Root of everything this toolkit raises on purpose."""


class InvalidInput(SubnetsError, ValueError):
    """An argument cannot be used; the message names it, its value and what would do."""


class Diverged(SubnetsError, ArithmeticError):
    """Gradient descent blew up; the message names the step and a learning rate to try."""


def check_array(name: str, value: ArrayLike, shape: tuple[int | None, ...]) -> Floats:
    """Return `value` as a read-only float64 array of the given shape (None: any size but 0).

    The caller's own array is neither copied (when it is float64 already) nor made read-only.
    """
    if np.ma.isMaskedArray(value) or np.iscomplexobj(value):
        raise InvalidInput(f"{name} is masked or complex; it must be an array of real numbers")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise InvalidInput(f"{name} must be an array of real numbers ({error})") from None
    wanted = "(" + ", ".join("any" if s is None else str(s) for s in shape) + ")"
    if array.ndim != len(shape) or any(
        s is not None and s != actual for s, actual in zip(shape, array.shape, strict=True)
    ):
        raise InvalidInput(f"{name} has shape {array.shape}; it must be {wanted}")
    if array.size == 0:
        raise InvalidInput(f"{name} is empty, shape {array.shape}; give at least one entry")
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise InvalidInput(
            f"{name} holds {array[where]} at index {where}; every entry must be a finite number"
        )
    view = array.view()
    view.flags.writeable = False
    return view


def check_simplex(name: str, value: ArrayLike, size: int) -> Floats:
    """Return `value` (size,) as weights: at least 0, adding up to 1."""
    weights = check_array(name, value, (size,))
    if weights.min() < 0 or abs(float(weights.sum()) - 1) > 1e-9:
        raise InvalidInput(
            f"{name} must be at least 0 and add up to 1; its least is {weights.min():g} and its "
            f"sum {weights.sum():g}"
        )
    return weights


def check_count(name: str, value: Any, *, least: int = 1, most: int | None = None) -> int:
    """Return `value` as an int within [least, most]."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InvalidInput(f"{name} is {value!r}; it must be a whole number")
    if value < least or (most is not None and value > most):
        wanted = f"at least {least}" if most is None else f"from {least} to {most}"
        raise InvalidInput(f"{name} is {value}; it must be {wanted}")
    return int(value)


def check_positive(name: str, value: Any) -> float:
    """Return `value` as a finite float above zero."""
    try:
        number = float("nan") if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not (np.isfinite(number) and number > 0):
        raise InvalidInput(f"{name} is {value!r}; it must be a finite number above 0")
    return number


def check_choice(name: str, value: str, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`; otherwise name the nearest."""
    choices = list(choices)
    if value in choices:
        return value
    near = difflib.get_close_matches(str(value), choices, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise InvalidInput(f"{name} is {value!r}; {hint}choose from {', '.join(choices)}")


def check_seed(seed: int | np.random.Generator) -> np.random.Generator:
    """Return the generator itself, or a new one from a whole number of at least 0."""
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(check_count("seed", seed, least=0))
