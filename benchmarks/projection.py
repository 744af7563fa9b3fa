"""Projection on the hull.

    python -m benchmarks.projection

`nearest_point` beside clarabel, an interior-point solver, with the difference of the two losses
relative to 1 + ½‖y‖². Declared target: N = 10 000, m = 1000 in at most 15 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import clarabel
import numpy as np
from scipy import sparse

from benchmarks.harness import (
    LIMITS,
    Beside,
    beside,
    declared,
    in_turn,
    print_beside,
    print_table,
)
from theory import Pool, nearest_point

SIZES = [(1000, 200), (2000, 500), (10_000, 1000)]
PEER_UP_TO, PEER, MOST = 2000, "clarabel", 15.0


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


def pools() -> Iterator[tuple[str, Pool]]:
    """Random neurons, with the target inside and outside their hull."""
    random = np.random.default_rng(0)
    for size, samples in SIZES:
        atoms = np.maximum(random.standard_normal((size, samples)), 0)
        atoms *= random.standard_normal((size, 1))
        for where, target in (
            ("inside", random.dirichlet(np.ones(size)) @ atoms),
            ("outside", random.standard_normal(samples)),
        ):
            yield f"N = {size}, m = {samples}, {where}", Pool(atoms, target)


def main() -> None:
    rows: list[Beside] = []
    limits = []
    for what, pool in pools():
        if pool.size > PEER_UP_TO:
            seconds = in_turn({"ours": partial(nearest_point, pool)}, 3, warm=False)["ours"]
            limits.append(declared(what, float(np.median(seconds)), "s", MOST))
            continue
        calls = {"ours": partial(nearest_point, pool), PEER: partial(peer, pool)}
        unit = 1 + 0.5 * float(pool.target @ pool.target) / pool.samples
        difference = abs(nearest_point(pool).loss - peer(pool)) / unit
        rows += beside(
            what, in_turn(calls, 3, warm=False), agree={PEER: f"losses within {difference:.0e}"}
        )
    print_beside(rows)
    print_table(LIMITS, limits)


if __name__ == "__main__":
    main()
