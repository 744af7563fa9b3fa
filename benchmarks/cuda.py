"""Training and selection on a CUDA device.

    python -m benchmarks.cuda

Declared target on a current data-centre device: the main figure's sweep (91 widths, 20 replicates,
200 steps) in at most 2 s. Without a device it says "not measured".
"""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.harness import LIMITS, beside, declared, in_turn, print_beside, print_table
from benchmarks.training import case
from theory import Teacher, Training, descend, random_pool, rules, teacher_problem
from theory.training import Precision

WIDTHS, REPLICATES, MOST = range(90, 991, 10), 20, 2.0


def main() -> None:
    if not torch.cuda.is_available():
        print("not measured: no CUDA device is to be seen\n")
        return
    rows = []
    precisions: tuple[Precision, ...] = ("float32", "float64")
    for dtype in precisions:
        cases = [case(width, Teacher(), REPLICATES) for width in WIDTHS]
        there = Training(dtype=dtype, device="cuda")

        def sweep(cases: list = cases, there: Training = there) -> None:  # type: ignore[type-arg]
            for problems, networks in cases:
                descend(problems, networks, there)
            torch.cuda.synchronize()

        seconds = float(np.median(in_turn({"sweep": sweep}, 3)["sweep"]))
        problems, networks = cases[-1]
        here = descend(problems, networks, Training(dtype=dtype))
        off = max(
            abs(float(a.losses[-1] / b.losses[-1]) - 1)
            for a, b in zip(here, descend(problems, networks, there), strict=True)
        )
        what = f"{dtype}, {torch.cuda.get_device_name()}, losses within {off:.0e}"
        rows.append(declared(what, seconds, "s", MOST))
    print_table(LIMITS, rows)
    pool = random_pool(teacher_problem(seed=1), 1_000_000, seed=1)
    calls = {
        "ours": lambda: rules.greedy_forward(pool, 200, device="cuda"),
        "the processor": lambda: rules.greedy_forward(pool, 200),
    }
    same = (
        rules.greedy_forward(pool, 200, device="cuda").indices
        == rules.greedy_forward(pool, 200).indices
    )
    agree = {"the processor": f"{int(same.sum())} of 200 picks the same"}
    seconds = in_turn(calls, 3)
    print_beside(beside("200 of a million neurons, m = 100", seconds, agree=agree))


if __name__ == "__main__":
    main()
