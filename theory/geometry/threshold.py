"""How many atoms of a sequence it takes until the target is in their hull.

The hull only grows with N, so there is one threshold. The search jumps by certificates: where the
target is outside, the separating plane shows that it stays outside up to the first atom beyond the
plane; where it is inside, the atoms that carry weight show that it was inside from the last of them
on.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats
from theory.geometry.hull import Membership, nearest_point
from theory.pool import Pool

_BLOCK = 1024  # atoms compared with a plane at a time
_CLEARLY = (
    1e-6  # sine of the angle that an atom must keep from the plane; nearer, it is solved anew
)


def hull_threshold(pool: Pool, *, tolerance: float = 1e-9) -> int | None:
    """The least N such that the target is in the hull of the first N atoms; None if it never is.

    "In the hull" as `nearest_point` decides it at `tolerance`; what that leaves undecided counts
    as outside.
    """
    outside, inside = 0, pool.size + 1  # the answer is above the one and at most the other
    size = min(pool.size, 2 * min(pool.size, pool.samples))
    while inside - outside > 1:
        first = Pool(pool.atoms[:size], pool.target)
        projection = nearest_point(first, tolerance=tolerance)
        if projection.membership is Membership.INSIDE:
            inside = min(inside, int(np.flatnonzero(projection.weights)[-1]) + 1)
        elif projection.membership is Membership.OUTSIDE:
            outside = _separated(pool, projection.point - pool.target, size)
        else:
            outside = size
        if inside > pool.size:
            size = min(pool.size, max(2 * size, outside + 1))
        else:
            size = (outside + inside) // 2
    return None if inside > pool.size else inside


def _separated(pool: Pool, normal: Floats, size: int) -> int:
    """How many of the atoms, from the first, lie clearly on one side of the plane through y."""
    length = float(np.linalg.norm(normal))
    for start in range(size, pool.size, _BLOCK):
        centred = pool.atoms[start : start + _BLOCK] - pool.target
        margins = _CLEARLY * length * np.linalg.norm(centred, axis=1)
        beyond = np.flatnonzero(centred @ normal <= margins)
        if len(beyond):
            return start + int(beyond[0])
    return pool.size
