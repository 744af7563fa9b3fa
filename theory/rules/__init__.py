"""Selection rules, one per file, all called `rule(pool, size, **options) -> Selection`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from theory.rules.backward_elimination import backward_elimination
from theory.rules.frank_wolfe import frank_wolfe
from theory.rules.greedy_forward import greedy_forward, greedy_forward_without_repetition
from theory.rules.random_subset import random_subset
from theory.selection import Selection

ALL: Mapping[str, Callable[..., Selection]] = MappingProxyType(
    {
        "greedy_forward": greedy_forward,
        "greedy_forward_without_repetition": greedy_forward_without_repetition,
        "frank_wolfe": frank_wolfe,
        "backward_elimination": backward_elimination,
        "random_subset": random_subset,
    }
)

__all__ = [
    "ALL",
    "backward_elimination",
    "frank_wolfe",
    "greedy_forward",
    "greedy_forward_without_repetition",
    "random_subset",
]
