"""Seeds by named axis: what is drawn depends on its own names and on nothing else.

The stream for the data of replicate 3 is the same whether 4 or 400 replicates are run, whatever
widths are in the grid, and on any number of workers.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, purpose: str, **axes: int) -> np.random.Generator:
    """A random stream for `purpose` ("data", "pool", …) at named positions (replicate=3, …)."""
    name = "/".join([purpose, *(f"{axis}={axes[axis]}" for axis in sorted(axes))])
    digest = hashlib.sha256(name.encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4")
    return np.random.default_rng([seed, *(int(word) for word in words)])
