"""G2. Target in the hull: greedy forward selection and greedy imitation reach O(1/n).

Statement.  If Φα = y for some weights α on the simplex, L(f_{S_n}) ≤ V(α)/(2n) at every n.

Proof.  With c_i = φ_i − y and w_n = Σ_{k ≤ n} c_{i_k}, the pick minimises ‖w_n + c_i‖², so it does
no worse than the average over i ~ α: ‖w_{n+1}‖² ≤ ‖w_n + Φα − y‖² + V(α) = ‖w_n‖² + V(α). Sum, and
divide by 2n². ∎

In floating point Φα misses y by some δ = ‖Φα − y‖. Then ‖w_n‖ ≤ √(nV) + nδ by the same step
((√(nV) + (n+1)δ)² + V ≤ (√((n+1)V) + (n+1)δ)²), so what is checked is

    L(f_{S_n}) ≤ ½(√(V(α)/n) + δ)²,

true of *any* α, and V(α)/(2n) when δ is 0.

Greedy imitation, which optimises the step jointly with the atom, obeys the same bound. Its r_n =
f_n − y is no longer than the average over i ~ α at the step 1/(n+1): ‖r_{n+1}‖² ≤
(n/(n+1))²‖r_n‖² + V/(n+1)², which takes ‖r_n‖² ≤ V/n to V/(n+1), and with δ as above.

Assumption: y ∈ conv{φ_i}. Certificate: α itself.
Source: the paper's O(1/n) (Ye et al. 2020) with the constant of Maurey's argument.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats
from theory.geometry import Geometry, Membership
from theory.guarantees.guarantee import Applicability, Decision, Guarantee, Relation
from theory.selection import Selection

_DECISIONS = {
    Membership.INSIDE: Decision.MET,
    Membership.OUTSIDE: Decision.NOT_MET,
    Membership.UNDECIDED: Decision.UNDECIDED,
}


def _assumption(geometry: Geometry, selection: Selection) -> Applicability:
    del selection
    projection = geometry.projection
    found = f"‖Φα − y‖ = {projection.distance:.2g}, gap {projection.duality_gap:.2g}"
    return Applicability(_DECISIONS[projection.membership], found)


def _bound(geometry: Geometry, selection: Selection) -> Floats:
    sizes = np.arange(1.0, selection.size + 1)
    reach = np.sqrt(geometry.variance / sizes) + geometry.projection.distance
    bound: Floats = 0.5 * np.square(reach)
    return bound


GUARANTEE = Guarantee(
    name="target_in_hull",
    statement="L(f_n) ≤ V(α)/(2n) if Φα = y",
    source="Ye et al. 2020 (the paper's O(1/n)); Maurey",
    rules=("greedy_forward", "greedy_imitation"),
    relation=Relation.AT_MOST,
    assumption=_assumption,
    bound=_bound,
)
