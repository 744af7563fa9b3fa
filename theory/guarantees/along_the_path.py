"""G3'. The same bound from what the run itself has seen: a certificate that costs nothing.

Statement.  Let γ_k = max_i ⟨−ŵ_k, φ_i − y⟩ be the margin in the direction that the run met after k
picks, and γ_path(n) = min_{k < n} γ_k. If it is positive,

    L(f_{S_n}) ≤ R²/(2n²),      R = max(D, D²/(2γ_path(n))).

Proof.  That of G3 uses γ only through the directions ŵ_k, k < n. (Where w_k = 0 every direction
will do.) ∎

γ is hard to compute in high dimension; γ_k is O(N) a step. It is to the rate what the duality gap
is to optimality. A margin of 0 or less proves that y is not in the interior. Positive margins speak
of this run up to this n and no further: outside the hull too they can be positive for a while.

Assumption: γ_k > 0 for all k < n. Certificate: the margins that the selection carries.
Source: derived here.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats
from theory.geometry import Geometry
from theory.guarantees.guarantee import Applicability, Decision, Guarantee, Relation
from theory.guarantees.target_in_interior import confinement
from theory.selection import Selection


def path_margins(selection: Selection) -> Floats:
    """γ_path(n) = min_{k < n} γ_k for n = 1 … size; infinite at n = 1."""
    if selection.margins is None:
        return np.full(selection.size, np.nan)
    before = np.append(np.inf, selection.margins[:-1])
    path: Floats = np.minimum.accumulate(before)
    return path


def _assumption(geometry: Geometry, selection: Selection) -> Applicability:
    floor = 1e-12 * geometry.target_radius
    path = path_margins(selection)
    if np.isnan(path).any():
        return Applicability(Decision.UNDECIDED, "the selection carries no margins")
    if path[-1] > floor or geometry.target_radius == 0:
        return Applicability(Decision.MET, f"γ_path = {path[-1]:.4g} over {selection.size} steps")
    first = int(np.argmax(path <= floor))
    return Applicability(Decision.NOT_MET, f"γ_k = {path[first]:.2g} at k = {first}")


def _bound(geometry: Geometry, selection: Selection) -> Floats:
    sizes = np.arange(1.0, selection.size + 1)
    radius = confinement(geometry.target_radius, path_margins(selection))
    bound: Floats = 0.5 * np.square(radius / sizes)
    return bound


GUARANTEE = Guarantee(
    name="along_the_path",
    statement="L(f_n) ≤ R²/(2n²) with R = max(D, D²/(2γ_path)), γ_path = min γ_k met by the run",
    source="derived here, from the proof for an interior target",
    rules=("greedy_forward", "herding"),
    relation=Relation.AT_MOST,
    assumption=_assumption,
    bound=_bound,
)
