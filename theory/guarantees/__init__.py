"""Guarantees, one per file: statement, assumption, bound(n), proof in the docstring.

Throughout ⟨u, v⟩ = (1/m) Σ u_j v_j, L(f) = ½‖f − y‖², M = conv{φ_i}, L* = min over M of L.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from theory.guarantees import (
    along_the_path,
    any_target,
    backward_stuck,
    line_search,
    monte_carlo,
    target_in_hull,
    target_in_interior,
)
from theory.guarantees.guarantee import Applicability, Decision, Guarantee, Relation

ALL: Mapping[str, Guarantee] = MappingProxyType(
    {
        module.GUARANTEE.name: module.GUARANTEE
        for module in (
            monte_carlo,
            target_in_hull,
            target_in_interior,
            along_the_path,
            any_target,
            line_search,
            backward_stuck,
        )
    }
)

__all__ = ["ALL", "Applicability", "Decision", "Guarantee", "Relation"]
