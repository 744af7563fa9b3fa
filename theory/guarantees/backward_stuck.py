"""G8. Backward elimination has no such guarantee: a pool on which it is stuck at ½.

Statement.  On the real line let y = 0 and take one atom K, K atoms −1, one atom +1 and one more −1
(N = K + 3). Backward elimination has the loss ½ at every n ≤ K/2, while greedy forward selection is
at most 1/(2n²) at every n, and 0 at even n.

Proof.  The full sum w is K − (K + 1) + 1 = 0, and dropping c makes it w − c. The first two drops
take one −1 and the +1, in either order, and leave w = 0 with K and K atoms −1. While K and j atoms
−1 are left, w = K − j; dropping a −1 makes it K − j + 1, dropping K makes it −j. So backward
throws away the atoms *nearest* the target until j < K − j + 1, then K itself, and what is left are
⌊K/2⌋ or fewer atoms −1, whose loss is ½. Forward takes +1 or −1 first, then the other, and so on.
∎

Assumption: the pool is this one. Certificate: its atoms.
Source: derived here; the paper compares with backward elimination in experiments only.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats, check_count
from theory.geometry import Geometry
from theory.guarantees.guarantee import Applicability, Decision, Guarantee, Relation
from theory.pool import Pool
from theory.selection import Selection


def counterexample(size: int) -> Pool:
    """The pool of K + 3 atoms on the line with K = `size`, at least 2."""
    k = check_count("size", size, least=2)
    atoms = np.concatenate([[float(k)], np.full(k, -1.0), [1.0, -1.0]])
    return Pool(atoms[:, None], np.zeros(1))


def _assumption(geometry: Geometry, selection: Selection) -> Applicability:
    del selection
    pool = geometry.pool
    if pool.samples == 1 and pool.size >= 5 and not pool.target.any():
        known = counterexample(pool.size - 3)
        if np.array_equal(np.sort(pool.atoms, axis=0), np.sort(known.atoms, axis=0)):
            return Applicability(Decision.MET, f"the pool with K = {pool.size - 3}")
    return Applicability(Decision.NOT_MET, "another pool than the one the statement is about")


def _bound(geometry: Geometry, selection: Selection) -> Floats:
    sizes = np.arange(1, selection.size + 1)
    return np.where(sizes <= (geometry.pool.size - 3) / 2, 0.5, np.nan)


GUARANTEE = Guarantee(
    name="backward_stuck",
    statement="backward elimination stays at ½ for n ≤ K/2 on a pool where forward has 1/(2n²)",
    source="derived here",
    rules=("backward_elimination",),
    relation=Relation.EQUAL,
    assumption=_assumption,
    bound=_bound,
)
