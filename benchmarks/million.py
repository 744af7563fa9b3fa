"""A million random neurons on 100 data points, and 1000 of them selected.

    python -m benchmarks.million

Declared target on two cores: at most 90 s and 4 GB at the peak, pool included. The peer is one
float64 product with all atoms per step; its whole selection is compared on a pool of 10 000, and
its first 20 steps on the million, timed and scaled up.
"""

from __future__ import annotations

import resource
import time

import numpy as np

from benchmarks.harness import LIMITS, beside, declared, print_beside, print_table
from theory import Pool, random_pool, rules, teacher_problem

SIZE, STEPS, PEER_STEPS = 1_000_000, 1000, 20


def plain(pool: Pool, steps: int) -> list[int]:
    """The picks of greedy forward selection, by its definition over products."""
    squares = np.einsum("ij,ij->i", pool.atoms, pool.atoms) - 2 * (pool.atoms @ pool.target)
    total = np.zeros(pool.samples)
    picks = []
    for _ in range(steps):
        picks.append(int(np.argmin(2 * (pool.atoms @ total) + squares)))
        total += pool.atoms[picks[-1]] - pool.target
    return picks


def main() -> None:
    problem = teacher_problem(seed=1)
    small = random_pool(problem, 10_000, seed=1)
    same = int((rules.greedy_forward(small, STEPS).indices == plain(small, STEPS)).sum())

    start = time.perf_counter()
    pool = random_pool(problem, SIZE, seed=1)
    built = time.perf_counter() - start
    start = time.perf_counter()
    selection = rules.greedy_forward(pool, STEPS)
    ours = time.perf_counter() - start
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limits = [
        declared("pool and selection", built + ours, "s", 90),
        declared("memory at the peak", peak / 1e9, "GB", 4),
    ]
    start = time.perf_counter()
    plain(pool, 1)
    once = time.perf_counter() - start
    start = time.perf_counter()
    first = plain(pool, 1 + PEER_STEPS)
    peer = once + (time.perf_counter() - start - once) / PEER_STEPS * (STEPS - 1)
    begun = int((selection.indices[: 1 + PEER_STEPS] == first).sum())
    agree = f"{begun} of {1 + PEER_STEPS} picks the same; of 10 000 neurons {same} of {STEPS}"
    what = f"selection, {selection.distinct[-1]} different"
    name = "one product a step (scaled)"
    seconds = {"ours": np.array([ours]), name: np.array([peer])}
    print_beside(beside(what, seconds, agree={name: agree}))
    print_table(LIMITS, limits)


if __name__ == "__main__":
    main()
