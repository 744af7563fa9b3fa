"""The activations σ, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
from scipy.special import expit

from theory.errors import Floats

Activation = Literal["relu", "tanh", "sigmoid"]


def _relu(z: Floats) -> Floats:
    return np.maximum(z, 0.0)


ACTIVATIONS: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType(
    {"relu": _relu, "tanh": np.tanh, "sigmoid": expit}
)
