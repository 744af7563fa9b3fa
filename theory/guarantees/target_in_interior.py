"""G3. Target in the interior of the hull: greedy forward selection reaches O(1/n²).

Statement.  Let γ > 0 be the radius of the largest ball around y, inside the affine hull of the
atoms, that M contains, and D = max_i ‖φ_i − y‖. Then at every n

    L(f_{S_n}) ≤ R²/(2n²),      R = max(D, D²/(2γ)).

Proof.  With c_i and w_n as in G2: the ball holds y − γŵ_n, a mean of atoms, so some atom has ⟨ŵ_n,
c_i⟩ ≤ −γ. Herding takes the atom where this is least, greedy one that does no worse, and
‖w_{n+1}‖² ≤ ‖w_n‖² − 2γ‖w_n‖ + D². The right side is convex in r = ‖w_n‖; on [0, R] it is at most
its value at the ends, D² ≤ R² and R² − 2γR + D² ≤ R². So ‖w_n‖ never leaves [0, R]. ∎

Assumption: γ > 0. Certificate: a lower bound for γ with what found it; the bound uses this number.
Source: the paper's faster rate for large enough networks (Ye et al. 2020), constant derived here;
for herding the argument is that of Chen, Welling, Smola 2010.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats
from theory.geometry import Geometry
from theory.guarantees.guarantee import Applicability, Guarantee, Relation, interior
from theory.selection import Selection


def confinement(target_radius: float, margins: Floats) -> Floats:
    """R = max(D, D²/(2γ)): ‖w‖ never leaves [0, R]. NaN where γ is not above 0."""
    if target_radius == 0:
        return np.zeros_like(margins)
    gamma = np.where(margins > 0, margins, np.nan)
    return np.maximum(target_radius, target_radius**2 / (2 * gamma))


def _assumption(geometry: Geometry, selection: Selection) -> Applicability:
    del selection
    return interior(geometry)


def _bound(geometry: Geometry, selection: Selection) -> Floats:
    sizes = np.arange(1.0, selection.size + 1)
    gamma = np.full(selection.size, geometry.radius.lower)
    bound: Floats = 0.5 * np.square(confinement(geometry.target_radius, gamma) / sizes)
    return bound


GUARANTEE = Guarantee(
    name="target_in_interior",
    statement="L(f_n) ≤ R²/(2n²) with R = max(D, D²/(2γ)), if γ > 0",
    source="Ye et al. 2020 (the paper's O(1/n²)); Chen, Welling, Smola 2010",
    rules=("greedy_forward", "herding"),
    relation=Relation.AT_MOST,
    assumption=_assumption,
    bound=_bound,
)
