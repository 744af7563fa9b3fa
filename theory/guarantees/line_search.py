"""G5. Target in the interior and optimised weights: the loss falls geometrically.

Statement.  With Δ = max_{i,j} ‖φ_i − φ_j‖ and γ > 0 as in G3, a step with line search has

    L(f_{n+1}) ≤ (1 − γ²/Δ²) L(f_n).

Proof.  With r = f_n − y the atom φ that the rule takes has ⟨r, φ − f_n⟩ ≤ −γ‖r‖ − ‖r‖², and
‖φ − f_n‖ ≤ Δ. If the best step is inside [0, 1] the loss falls by ⟨r, φ − f_n⟩²/(2‖φ − f_n‖²) ≥
(γ²/Δ²)·½‖r‖². If it is cut at 1, then ‖φ − f_n‖² < −⟨r, φ − f_n⟩ and the loss falls by at least
half of that, which is more than ½‖r‖², all there is. ∎

It holds for any rule that does at least as well as this step. So "n neurons" for a loss ε is a
logarithm of 1/ε: the follow-up's logarithmic number of winning tickets.

Assumption: γ > 0. Certificate: a lower bound for γ; the bound uses this number.
Source: Guélat, Marcotte 1986; Ye, Wu, Liu, NeurIPS 2020 (greedy optimisation, logarithmic pruning).
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats
from theory.geometry import Geometry
from theory.guarantees.guarantee import Applicability, Guarantee, Relation, interior
from theory.selection import Selection


def _assumption(geometry: Geometry, selection: Selection) -> Applicability:
    del selection
    return interior(geometry)


def _bound(geometry: Geometry, selection: Selection) -> Floats:
    if geometry.diameter == 0:
        return np.full(selection.size, selection.losses[0])
    factor = 1 - (geometry.radius.lower / geometry.diameter) ** 2
    bound: Floats = selection.losses[0] * factor ** np.arange(selection.size)
    return bound


GUARANTEE = Guarantee(
    name="line_search",
    statement="L(f_n) ≤ (1 − γ²/Δ²)^(n−1) L(f_1), if γ > 0",
    source="Guélat, Marcotte 1986; Ye, Wu, Liu 2020",
    rules=("frank_wolfe", "greedy_imitation", "fully_corrective"),
    relation=Relation.AT_MOST,
    assumption=_assumption,
    bound=_bound,
)
