"""Whole jobs from a cold store: `subnets reproduce`, and the time to its first figure.

    python -m benchmarks.whole [quick] [paper]

Declared target on two cores: the quick preset in at most 2 minutes. A job has no peer: nothing else
does it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.harness import LIMITS, declared, print_table

FOLDER = Path("results/whole")
MOST = {"quick": 120.0, "paper": 1200.0}


def reproduce(preset: str) -> tuple[float, float]:
    """Seconds to the first figure and to the end; the store and the figures are left to look at."""
    folder = FOLDER / preset
    shutil.rmtree(folder, ignore_errors=True)
    command = [Path(sys.executable).parent / "subnets", "reproduce", "--preset", preset,
               "--out", folder]  # fmt: skip
    start, first = time.perf_counter(), None
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as job:
        while job.poll() is None:
            if first is None and list(folder.glob("*.png")):
                first = time.perf_counter() - start
            time.sleep(0.05)
    total = time.perf_counter() - start
    if job.returncode != 0 or first is None:
        raise SystemExit(f"reproduce --preset {preset} ended with status {job.returncode}")
    return first, total


def main() -> None:
    rows = []
    for preset in sys.argv[1:] or MOST:
        first, total = reproduce(preset)
        rows.append((f"{preset}: first figure", f"{first:.3g} s", "", ""))
        rows.append(declared(f"{preset}: everything", total, "s", MOST[preset]))
    print_table(LIMITS, rows)


if __name__ == "__main__":
    main()
