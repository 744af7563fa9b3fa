"""Backward elimination from N = 4000 neurons to 1, with m = 100 and m = 1000.

    python benchmarks/backward.py

Declared target: at most 60 s. The peer is the definition: evaluate every candidate network anew at
every step; it is timed over its first 20 steps, whose choices are checked, and scaled up.
"""

from __future__ import annotations

import time

import numpy as np

from theory import Pool
from theory.rules import backward_elimination

SIZE, PEER_STEPS = 4000, 20


def plain(pool: Pool, steps: int) -> list[int]:
    """The first neurons dropped, by evaluating every candidate network."""
    centred = pool.atoms - pool.target
    left = np.arange(pool.size)
    dropped = []
    for _ in range(steps):
        total = centred[left].sum(axis=0)
        losses = np.square(total - centred[left]).sum(axis=1)
        best = int(left[np.argmin(losses)])
        dropped.append(best)
        left = left[left != best]
    return dropped


def main() -> None:
    random = np.random.default_rng(0)
    print("     N     m   ours s   peer s (scaled)  ratio  same choices")
    for samples in (100, 1000):
        atoms = random.standard_normal((SIZE, samples))
        pool = Pool(atoms, 0.1 * random.standard_normal(samples))
        start = time.perf_counter()
        order = backward_elimination(pool).indices[::-1]
        ours = time.perf_counter() - start
        start = time.perf_counter()
        first = plain(pool, PEER_STEPS)
        peer = (time.perf_counter() - start) / PEER_STEPS * SIZE / 2
        same = order[:PEER_STEPS].tolist() == first
        print(f"{SIZE:6} {samples:5} {ours:8.2f} {peer:17.1f} {peer / ours:6.1f}  {same}")


if __name__ == "__main__":
    main()
