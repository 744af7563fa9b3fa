"""What a guarantee is: for which rules, under which assumption, and its bound as numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from theory.errors import Floats
from theory.geometry import Geometry
from theory.selection import Selection


class Relation(StrEnum):
    """How the loss is tied to `Guarantee.bound`."""

    AT_MOST = "at most"
    EQUAL = "equal to"
    EQUAL_IN_MEAN = "equal, on average over draws, to"


class Decision(StrEnum):
    """Is the assumption met on this instance?"""

    MET = "met"
    NOT_MET = "not met"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Applicability:
    """The decision about an assumption, and the certificate it rests on."""

    decision: Decision
    certificate: str


@dataclass(frozen=True)
class Guarantee:
    """One theorem. `bound(geometry, selection)` gives its value for n = 1 … selection.size.

    The value is NaN at an n of which the theorem says nothing.
    """

    name: str
    statement: str
    source: str
    rules: tuple[str, ...]
    """the selection rules it speaks of"""
    relation: Relation
    assumption: Callable[[Geometry, Selection], Applicability]
    bound: Callable[[Geometry, Selection], Floats]

    def applies(self, geometry: Geometry, selection: Selection) -> Applicability:
        """Decide the assumption on this instance; a rule it does not speak of fails it."""
        if selection.rule not in self.rules:
            speaks = ", ".join(self.rules)
            reason = f"it speaks of {speaks}, not of {selection.rule}"
            return Applicability(Decision.NOT_MET, reason)
        return self.assumption(geometry, selection)


def interior(geometry: Geometry) -> Applicability:
    """Is γ > 0? Decided by the bracket; below 1e-12·D is rounding, not a ball."""
    radius, floor = geometry.radius, 1e-12 * geometry.target_radius
    if radius.lower > floor:
        found = f"γ ≥ {radius.lower:.4g} ({radius.lower_found_by})"
        return Applicability(Decision.MET, found)
    if radius.upper <= floor:
        found = f"γ ≤ {radius.upper:.2g} ({radius.upper_found_by})"
        return Applicability(Decision.NOT_MET, found)
    found = f"0 ≤ γ ≤ {radius.upper:.4g}, no ball found"
    return Applicability(Decision.UNDECIDED, found)
