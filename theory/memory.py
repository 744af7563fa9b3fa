"""Refusing what does not fit into memory before any of it is built."""

from __future__ import annotations

from pathlib import Path

import psutil

from theory.errors import InvalidInput

_LIMIT = Path("/sys/fs/cgroup/memory.max")
_USED = Path("/sys/fs/cgroup/memory.current")


def available() -> int:
    """Bytes that this process may still take: of the machine, or of its container if that is less.

    File caches count as free, so a container's figure is a little low.
    """
    machine = int(psutil.virtual_memory().available)
    try:
        limit, used = int(_LIMIT.read_text()), int(_USED.read_text())
    except (OSError, ValueError):  # no container, or one without a limit
        return machine
    return min(machine, max(0, limit - used))


def check_memory(request: str, needed: int, remedy: str) -> None:
    """Raise `InvalidInput` with both numbers if `request` needs more bytes than there are."""
    there = available()
    if needed > there:
        raise InvalidInput(
            f"{request} needs {needed / 1e9:.1f} GB of memory and {there / 1e9:.1f} GB are free; "
            f"{remedy}"
        )
