"""Refusing what does not fit into memory before any of it is built."""

from __future__ import annotations

from pathlib import Path

import psutil

from theory.errors import InvalidInput

_GROUP = Path("/sys/fs/cgroup")


def available() -> int:
    """Bytes that this process may still take: of the machine, or of its container if that is less.

    What the system keeps of files and can give back counts as free.
    """
    machine = int(psutil.virtual_memory().available)
    try:
        limit, used = (int((_GROUP / f"memory.{k}").read_text()) for k in ("max", "current"))
        stat = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no container, or one without a limit
        return machine
    return min(machine, max(0, limit - used + int(stat.get("inactive_file", 0))))


def check_memory(request: str, needed: int, remedy: str) -> None:
    """Raise `InvalidInput` with both numbers if `request` needs more bytes than there are."""
    there = available()
    if needed > there:
        raise InvalidInput(
            f"{request} needs {needed / 1e9:.1f} GB of memory and {there / 1e9:.1f} GB are free; "
            f"{remedy}"
        )
