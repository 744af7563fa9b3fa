"""Greedy selection of 1000 from a million random neurons on 100 data points.

    python benchmarks/million.py

Declared target on two cores: at most 90 s and 4 GB at the peak, pool included. The peer is one
float64 product with all atoms per step; its whole selection is compared on a pool of 10 000, and
its first 20 steps on the million, timed and scaled up.
"""

from __future__ import annotations

import resource
import time

import numpy as np

from theory import Pool, random_pool, rules, teacher_problem
from theory.random_pools import memory_needed

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
    same = rules.greedy_forward(small, STEPS).indices.tolist() == plain(small, STEPS)
    print(f"N = 10 000: same {STEPS} picks as the plain code: {same}")

    start = time.perf_counter()
    pool = random_pool(problem, SIZE, seed=1)
    built = time.perf_counter() - start
    start = time.perf_counter()
    selection = rules.greedy_forward(pool, STEPS)
    ours = time.perf_counter() - start
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    first = plain(pool, PEER_STEPS)
    peer = (time.perf_counter() - start) / PEER_STEPS * STEPS
    same = selection.indices[:PEER_STEPS].tolist() == first
    print(f"N = {SIZE}: pool {built:.1f} s, selection {ours:.1f} s", end=", ")
    print(f"{selection.distinct[-1]} different neurons")
    print(f"peak {peak / 1e9:.2f} GB, declared {memory_needed(SIZE, problem.samples) / 1e9:.2f} GB")
    print(f"plain {peer:.0f} s (scaled), ratio {peer / ours:.1f}, same first picks: {same}")


if __name__ == "__main__":
    main()
