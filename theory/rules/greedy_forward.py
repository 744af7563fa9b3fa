"""Greedy forward selection: the paper's rule (Ye et al. 2020, arXiv:2003.01794).

    S ← S ∪ {argmin_i L(f_{S ∪ {i}})},    f_S = (1/|S|) Σ_{i ∈ S} φ_i.

With c_i = φ_i − y and w = Σ_{k ∈ S} c_k the loss after n picks is ‖w‖²/(2n²), so a step looks for
the least ‖w + c_i‖², that is the least 2⟨w, c_i⟩ + ‖c_i‖². No network is evaluated: ⟨w, c_i⟩ is
kept for all i and grows by one product with the atoms per *new* atom; a repeated pick reuses its
own (`screening`).
"""

from __future__ import annotations

import numpy as np

from theory.errors import check_count
from theory.pool import Pool
from theory.rules.screening import Screen
from theory.selection import Selection


def greedy_forward(
    pool: Pool, size: int, *, repetition: bool = True, device: str = "cpu"
) -> Selection:
    """Choose `size` atoms, each the one whose addition leaves the least loss.

    Ties go to the lowest index: atoms whose scores agree to within rounding are compared once
    more by their losses, computed afresh in one order, so that equal atoms tie exactly. Beside the
    pool it takes 4·N·m bytes, some vectors of N, and up to 256 MiB of products.

    `device`, cuda say, is where the products are computed (it takes torch); it changes no choice.
    `repetition=False` allows every atom once; `size` is then at most N.
    Raises `InvalidInput` for a size below 1, or above N without repetition, or no such device.
    """
    check_count("size", size, most=None if repetition else pool.size)
    screen = Screen(pool, device)
    indices = np.empty(size, dtype=np.int64)
    losses = np.empty(size)
    margins, gaps = np.empty(size), np.empty(size)
    for step in range(size):
        best = screen.nearest()
        screen.add(best)
        if not repetition:
            screen.exclude(best)
        square = float(screen.total @ screen.total)
        least = screen.least_product()
        indices[step] = best
        losses[step] = square / (2 * pool.samples * (step + 1) ** 2)
        margins[step], gaps[step] = margin_and_gap(
            least, square, step + 1, pool.samples, screen.scale
        )
    rule = "greedy_forward" if repetition else "greedy_forward_without_repetition"
    return Selection(rule, indices, losses, pool.size, margins=margins, gaps=gaps)


def greedy_forward_without_repetition(pool: Pool, size: int) -> Selection:
    """`greedy_forward` with every atom at most once, as in the authors' released code."""
    return greedy_forward(pool, size, repetition=False)


def margin_and_gap(
    least: float, square: float, size: int, samples: int, scale: float
) -> tuple[float, float]:
    """γ_k and the duality gap of f_k, from min_i ⟨w, c_i⟩ and ‖w‖² (without 1/m), w = k(f_k − y).

    γ_k = max_i ⟨−ŵ, c_i⟩, infinite if w = 0 (any direction does), to the rounding of a sum of
    `size` vectors of length `scale` or less; the gap is ‖f_k − y‖² − min_i ⟨f_k − y, c_i⟩.
    """
    rounding = 4 * np.finfo(np.float64).eps * size * scale
    margin = np.inf if square <= rounding**2 else -least / float(np.sqrt(square * samples))
    return margin, max(0.0, square / size - least) / (size * samples)
