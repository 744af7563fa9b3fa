"""All benchmarks, one after another in processes of their own, and `RESULTS.md`.

python -m benchmarks [NAME ...]      (names: only these, and nothing is written)
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.harness import bandwidth, gemm_rate

HERE = Path(__file__).parent
ALL = (
    "selection", "training", "projection", "backward", "million", "growth", "engine", "classroom",
    "cuda", "whole",
)  # fmt: skip
PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "spams-bin", "copt", "clarabel")


def processor() -> str:
    """The processor's name, as far as it gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def machine() -> str:
    """What the numbers were measured on."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {processor()}, "
        f"{os.cpu_count()} cores; Python {platform.python_version()}, {versions}. Measured limits: "
        f"{bandwidth() / 1e9:.0f} GB/s read by a matrix-vector product of 400 MB, "
        f"{gemm_rate() / 1e9:.0f} GFLOP/s (float32) of a matrix product of 2048."
    )


def section(name: str) -> str:
    """The benchmark's description and its tables."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, check=True, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    title, _, text = (import_module(f"benchmarks.{name}").__doc__ or "").partition("\n")
    command, _, text = text.strip().partition("\n")
    return f"## {title.rstrip('.')}\n\n`{command.strip()}`\n\n{text.strip()}\n\n{done.stdout}"


def main() -> None:
    names = sys.argv[1:] or ALL
    if unknown := set(names) - set(ALL):
        raise SystemExit(f"no benchmark is called {unknown.pop()!r}; there are {', '.join(ALL)}")
    parts = [
        "# Speed\n",
        "Written by `make bench`. Ours and the peers take turns in one process on the same data; a "
        "ratio is the peer's time over ours, the median over the rounds. An aim that is missed "
        "says so.\n",
        machine() + "\n",
    ]
    print(*parts, sep="\n", flush=True)
    for name in names:
        parts.append(section(name))
        print(parts[-1], flush=True)
    if len(names) == len(ALL):
        (HERE / "RESULTS.md").write_text("\n".join(parts).rstrip() + "\n")


if __name__ == "__main__":
    main()
