"""Projection on the hull: `nearest_point` beside an interior-point solver, on the same pools.

    python benchmarks/projection.py

Prints one line a pool: seconds of ours (median of three), of the peer (once), and the difference of
the two losses relative to 1 + ½‖y‖². Declared target: N = 10 000, m = 1000 in at most 15 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import clarabel
import numpy as np
from scipy import sparse

from theory import Pool, nearest_point

SIZES = [(1000, 200), (2000, 500), (10_000, 1000)]
PEER_UP_TO = 2000


def peer(pool: Pool) -> float:
    """L* by clarabel, with the residual as extra variables so that the quadratic form is sparse."""
    centred = pool.atoms - pool.target
    size, samples = centred.shape
    form = sparse.diags(np.append(np.zeros(size), np.ones(samples)), format="csc")
    rows = sparse.vstack(
        [
            sparse.hstack([sparse.csc_matrix(centred.T), -sparse.eye(samples)]),
            sparse.hstack([sparse.csc_matrix(np.ones((1, size))), sparse.csc_matrix((1, samples))]),
            sparse.hstack([-sparse.eye(size), sparse.csc_matrix((size, samples))]),
        ],
        format="csc",
    )
    goal = np.concatenate([np.zeros(samples), [1.0], np.zeros(size)])
    cones = [clarabel.ZeroConeT(samples + 1), clarabel.NonnegativeConeT(size)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    solver = clarabel.DefaultSolver(form, np.zeros(size + samples), rows, goal, cones, settings)
    residual = np.array(solver.solve().x)[size:]
    return float(residual @ residual) / (2 * samples)


def seconds(call: Callable[[], object], times: int) -> float:
    """Median wall time of `times` calls."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return float(np.median(found))


def main() -> None:
    random = np.random.default_rng(0)
    print("     N     m  target    ours s   peer s  ratio  difference")
    for size, samples in SIZES:
        atoms = np.maximum(random.standard_normal((size, samples)), 0)
        atoms *= random.standard_normal((size, 1))
        for where, target in (
            ("inside", random.dirichlet(np.ones(size)) @ atoms),
            ("outside", random.standard_normal(samples)),
        ):
            pool = Pool(atoms, target)
            ours = seconds(lambda pool=pool: nearest_point(pool), 3)  # type: ignore[misc]
            line = f"{size:6} {samples:5}  {where:8} {ours:7.2f}"
            if size <= PEER_UP_TO:
                theirs = seconds(lambda pool=pool: peer(pool), 1)  # type: ignore[misc]
                unit = 1 + 0.5 * target @ target / samples
                difference = (nearest_point(pool).loss - peer(pool)) / unit
                line += f"  {theirs:7.2f} {theirs / ours:6.1f}  {difference:.1e}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
