"""Shared by all tests."""

from __future__ import annotations

import os

# The tests' operations are small: a second thread costs more than it brings, and on a busy machine
# a hundred times more. This must stand before anything imports numpy.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

mpl.use("Agg")
settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("default")


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20200307)
