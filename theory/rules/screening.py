"""Fast products, exact decisions: screen all atoms in float32, settle the near ones in float64.

Greedy rules look for the least of 2⟨w, c_i⟩ + ‖c_i‖² or of ⟨w, c_i⟩, with c_i = φ_i − y and w a sum
of atoms already chosen. Reading the atoms is nearly all the work, and float32 halves it. With
u = 2^−24, a float32 product of m terms, in whatever order it is summed, errs by at most

    |p_i − ⟨w, c_i⟩| ≤ κ‖w‖‖c_i‖,     κ = (m + 3)u / (1 − (m + 3)u)

(Higham 2002, *Accuracy and Stability of Numerical Algorithms*, section 3.1, with the rounding of
both factors counted). So the true minimiser is among the atoms whose score lies within these
errors of the least; they are compared in float64. No choice depends on float32.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theory.errors import Floats, Integers
from theory.pool import Pool
from theory.rules.ties import row_squares

_UNIT = 2.0**-24
_UNDERFLOW = 1e-37
_COLUMN_MEMORY = 2**28  # bytes of products kept for atoms that may be chosen again
_BLOCK = 2**17  # entries of the atoms that are converted at a time: they stay in the cache


class Screen:
    """The products of w with every atom, in float32, with a bound for how far each can be off.

    All of it is in units of `scale`, the largest ‖c_i‖. `total` is w, in float64 and in the pool's
    units.
    """

    def __init__(self, pool: Pool, device: str = "cpu") -> None:
        self._pool = pool
        self.total = np.zeros(pool.samples)
        norms = np.empty(pool.size)
        rows = np.empty((pool.size, pool.samples), dtype=np.float32)
        step = max(1, _BLOCK // pool.samples)
        blocks = [slice(start, start + step) for start in range(0, pool.size, step)]
        for block in blocks:
            centred = pool.atoms[block] - pool.target
            norms[block] = np.sqrt(np.einsum("ij,ij->i", centred, centred))
        self.scale = float(norms.max()) or 1.0
        for block in blocks:
            rows[block] = (pool.atoms[block] - pool.target) / self.scale
        self._product = _product_with(rows, device)
        norms /= self.scale
        self._norms = norms.astype(np.float32)
        self._squares = np.square(norms).astype(np.float32)
        self._products = np.zeros(pool.size, dtype=np.float32)
        self._columns: dict[int, NDArray[np.float32]] = {}
        self._room = _COLUMN_MEMORY // self._products.nbytes
        relative = (pool.samples + 3) * _UNIT
        self._product_error = relative / (1 - relative) if relative < 0.5 else 1e30
        self._absolute = 4 * pool.samples * _UNDERFLOW
        self._error = 0.0  # of products, as a multiple of ‖c_i‖
        self._length = 0.0  # ‖w‖
        self._fresh = True

    def _centred(self, chosen: Integers | int) -> Floats:
        """c_i of some atoms, in float64."""
        rows: Floats = self._pool.atoms[chosen] - self._pool.target
        return rows

    def add(self, atom: int) -> None:
        """w ← w + c_atom."""
        row = self._centred(atom)
        self.total = self.total + row
        self._length = float(np.sqrt(self.total @ self.total)) / self.scale
        column = self._columns.get(atom)
        if column is None:
            row /= self.scale
            column = self._product(row.astype(np.float32))
            if len(self._columns) < self._room:
                self._columns[atom] = column
        self._products += column
        self._error += self._product_error * float(self._norms[atom]) + 2 * _UNIT * self._length
        self._fresh = False

    def exclude(self, atom: int) -> None:
        """Never offer this atom as nearest again."""
        self._squares[atom] = np.inf

    def nearest(self) -> int:
        """The atom with the least ‖w + c_i‖², the lowest index among those that tie.

        Equal atoms tie exactly, wherever they stand: the few that may be least are compared by
        ‖w + c_i‖², formed afresh row by row.
        """
        near = self._among(2.0, self._squares)
        if len(near) == 1:
            return int(near[0])
        best, least = -1, np.inf
        for part in _parts(near, self._pool.samples):
            squares = row_squares(self.total + self._centred(part))
            k = int(np.argmin(squares))
            if squares[k] < least:
                best, least = int(part[k]), float(squares[k])
        return best

    def least_product(self) -> float:
        """min_i ⟨w, c_i⟩, computed in float64."""
        near = self._among(1.0, None)
        parts = _parts(near, self._pool.samples)
        return min(float((self._centred(part) @ self.total).min()) for part in parts)

    def _among(self, factor: float, offset: NDArray[np.float32] | None) -> Integers:
        """Where factor·⟨w, c_i⟩ + offset_i can be least, the products refreshed if that helps."""
        candidates = self._within_error(factor, offset)
        if len(candidates) > 16 + len(self._norms) // 200 and not self._fresh:
            self._products = self._product((self.total / self.scale).astype(np.float32))
            self._error = self._product_error * self._length
            self._fresh = True
            candidates = self._within_error(factor, offset)
        return candidates

    def _within_error(self, factor: float, offset: NDArray[np.float32] | None) -> Integers:
        values = np.multiply(self._products, np.float32(factor))
        if offset is not None:
            values += offset
        # What the operations here may add: a few roundings of |values| ≤ (2‖w‖ + ‖c_i‖)‖c_i‖.
        slack = factor * self._error + 8 * _UNIT * (2 * self._length + 1)
        errors = np.multiply(self._norms, np.float32(slack))
        best = int(np.argmin(values))
        least = values[best] + errors[best] + np.float32(self._absolute)
        values -= errors
        return np.flatnonzero(values <= least + np.float32(self._absolute))


def _product_with(
    rows: NDArray[np.float32], device: str
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """v ↦ rows · v."""
    if device == "cpu":
        return lambda vector: rows @ vector
    from theory.rules.screening_torch import product_on

    return product_on(device, rows)


def _parts(chosen: Integers, samples: int) -> list[Integers]:
    """Handfuls of atoms whose rows are formed at a time: thousands may tie."""
    size = max(1, _BLOCK // samples)
    return [chosen[start : start + size] for start in range(0, len(chosen), size)]
