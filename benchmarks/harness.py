"""Timing ours and its peers in turn, on the same data, against this machine's own limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Call = Callable[[], object]
Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class Beside:
    """One line of a table: ours beside one peer."""

    what: str
    ours: float
    """seconds, the median"""
    peer: str
    theirs: float
    """seconds, the median"""
    ratio: float
    """theirs / ours, the median of the rounds"""
    spread: tuple[float, float]
    """the least and the largest ratio of a round"""
    target: float | None
    """the ratio that is aimed at"""
    agree: str
    """how far the answers agree"""
    limit: float | None = None
    """share of the machine's measured limit that ours reaches"""

    def __str__(self) -> str:
        low, high = self.spread
        wanted = "" if self.target is None else f"{self.target:g}: {self._met()}"
        limit = "" if self.limit is None else f"{100 * self.limit:.0f} %"
        return (
            f"| {self.what} | {self.ours:.3g} | {self.peer} | {self.theirs:.3g} | "
            f"{self.ratio:.1f} ({low:.1f} to {high:.1f}) | {wanted} | {limit} | {self.agree} |"
        )

    def _met(self) -> str:
        assert self.target is not None
        return "yes" if self.ratio >= self.target else f"no, {self.ratio / self.target:.2f} of it"


_BESIDE = ("what", "ours, s", "peer", "peer, s", "ratio (least to largest)", "aim",
           "of the machine's limit", "answers")  # fmt: skip


def in_turn(calls: Mapping[str, Call], rounds: int, *, warm: bool = True) -> dict[str, Seconds]:
    """Seconds of every call in every round; the calls take turns within a round."""
    if warm:
        for call in calls.values():
            call()
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            found[name].append(time.perf_counter() - start)
    return {name: np.array(seconds) for name, seconds in found.items()}


def beside(
    what: str,
    seconds: Mapping[str, Seconds],
    *,
    targets: Mapping[str, float] | None = None,
    agree: Mapping[str, str] | None = None,
    limit: float | None = None,
) -> list[Beside]:
    """A row for every peer among the timings, beside "ours".

    `limit`: the seconds in which the machine could do it at best.
    """
    ours = float(np.median(seconds["ours"]))
    rows = []
    for peer, theirs in seconds.items():
        if peer == "ours":
            continue
        ratios = theirs / seconds["ours"]
        rows.append(
            Beside(
                what, ours, peer, float(np.median(theirs)), float(np.median(ratios)),
                (float(ratios.min()), float(ratios.max())), (targets or {}).get(peer),
                (agree or {}).get(peer, ""), None if limit is None else limit / ours,
            )
        )  # fmt: skip
    return rows


def declared(what: str, value: float, unit: str, most: float) -> tuple[str, str, str, str]:
    """A row of a table of limits: what was measured beside the most that is allowed."""
    met = "yes" if value <= most else f"no, {value / most:.2f} of it"
    shown = float(f"{value:.3g}")
    return what, f"{shown:g} {unit}", f"{most:g} {unit}", met


LIMITS = ("what", "measured", "at most", "kept")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Markdown."""
    print(f"| {' | '.join(header)} |", "|" + "---|" * len(header), sep="\n")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def print_beside(rows: Sequence[Beside]) -> None:
    """Markdown."""
    print(f"| {' | '.join(_BESIDE)} |", "|" + "---|" * len(_BESIDE), *rows, "", sep="\n")


@cache
def bandwidth() -> float:
    """Bytes a second at which a matrix-vector product reads a float32 matrix of 400 MB."""
    matrix, vector = np.ones((1_000_000, 100), np.float32), np.ones(100, np.float32)
    return float(matrix.nbytes / in_turn({"read": lambda: matrix @ vector}, 5)["read"].min())


@cache
def gemm_rate() -> float:
    """float32 operations a second of a square matrix product of 2048."""
    matrix = np.ones((2048, 2048), np.float32)
    seconds = in_turn({"multiply": lambda: matrix @ matrix}, 5)["multiply"]
    return float(2 * 2048**3 / seconds.min())
