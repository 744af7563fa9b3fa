"""Backward elimination from 4000 neurons to one.

    python -m benchmarks.backward

Declared target: at most 60 s. The peer is the definition: evaluate every candidate network anew at
every step; it is timed over its first 20 steps, whose choices are checked, and scaled up.
"""

from __future__ import annotations

import numpy as np

from benchmarks.harness import LIMITS, beside, declared, in_turn, print_beside, print_table
from theory import Pool
from theory.rules import backward_elimination

SIZE, PEER_STEPS, MOST = 4000, 20, 60.0
PEER = "the definition (scaled)"


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
    rows, limits = [], []
    for samples in (100, 1000):
        atoms = random.standard_normal((SIZE, samples))
        pool = Pool(atoms, 0.1 * random.standard_normal(samples))
        calls = {
            "ours": lambda pool=pool: backward_elimination(pool),
            "few": lambda pool=pool: plain(pool, PEER_STEPS),
        }
        seconds = in_turn(calls, 3, warm=False)
        seconds[PEER] = seconds.pop("few") / PEER_STEPS * SIZE / 2
        order = backward_elimination(pool).indices[::-1]
        same = int((order[:PEER_STEPS] == plain(pool, PEER_STEPS)).sum())
        agree = {PEER: f"{same} of the first {PEER_STEPS} choices the same"}
        rows += beside(f"N = {SIZE}, m = {samples}", seconds, agree=agree)
        limits.append(declared(rows[-1].what, rows[-1].ours, "s", MOST))
    print_beside(rows)
    print_table(LIMITS, limits)


if __name__ == "__main__":
    main()
