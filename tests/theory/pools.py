"""Pools for the geometry's and the guarantees' tests."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from theory import Pool


@st.composite
def integer_pools(draw: st.DrawFn, samples: int, size: int) -> Pool:
    """Up to `size` atoms in up to `samples` coordinates, all whole numbers from −4 to 4."""
    width = draw(st.integers(1, samples))
    row = st.lists(st.integers(-4, 4), min_size=width, max_size=width)
    atoms = draw(st.lists(row, min_size=1, max_size=size))
    return Pool(np.array(atoms, float), np.array(draw(row), float))


def cross_polytope(rank: int) -> tuple[Pool, float]:
    """± the axes, in an inner product with 1/m: γ = 1/√r of the atoms' norm 1/√r."""
    return Pool(np.vstack([np.eye(rank), -np.eye(rank)]), np.zeros(rank)), 1 / rank


def cube(rank: int) -> tuple[Pool, float]:
    """The corners of [−1, 1]^r: every facet at distance 1, divided by √m."""
    corners = np.array(list(itertools.product([-1.0, 1.0], repeat=rank)))
    return Pool(corners, np.zeros(rank)), 1 / np.sqrt(rank)


def simplex(rank: int) -> tuple[Pool, float]:
    """The standard simplex in R^{r+1} around its centre: inradius 1/√(r(r+1)), divided by √m."""
    centre = np.full(rank + 1, 1 / (rank + 1))
    return Pool(np.eye(rank + 1), centre), 1 / np.sqrt(rank * (rank + 1) * (rank + 1))


def awkward_pool(random: np.random.Generator, largest: int = 2000) -> Pool:
    """A pool of rank 1 to 50 with up to `largest` atoms, in all the ways a pool can be awkward.

    The target is deep inside, on a segment between two atoms, at an atom, outside, or anywhere;
    some pools have duplicated atoms, zero atoms, or norms over four orders of magnitude. One in ten
    is round: unit atoms in low rank around 0, where bounds are tight.
    """
    if random.random() < 0.1:
        rank = int(random.integers(2, 7))
        atoms = random.standard_normal((int(random.integers(10 * rank, 400)), rank))
        return Pool(atoms / np.linalg.norm(atoms, axis=1, keepdims=True), np.zeros(rank))
    rank = int(random.integers(1, 51))
    size = int(np.exp(random.uniform(np.log(rank + 1), np.log(largest))))
    samples = rank + int(random.integers(0, 10))
    atoms = random.standard_normal((size, rank)) @ random.standard_normal((rank, samples))
    if random.random() < 0.3:
        atoms += random.standard_normal(samples)
    if random.random() < 0.3:
        atoms *= 10 ** random.uniform(-2, 2, size=(size, 1))
    if random.random() < 0.3:
        atoms[random.integers(size, size=size // 4)] = atoms[0]
    if random.random() < 0.3:
        atoms[random.integers(size, size=1 + size // 10)] = 0.0
    where = random.choice(["deep", "segment", "atom", "outside", "anywhere"])
    if where == "deep":
        target = atoms.mean(axis=0)
    elif where == "segment":
        target = random.dirichlet(np.ones(2)) @ atoms[random.integers(size, size=2)]
    elif where == "atom":
        target = atoms[random.integers(size)].copy()
    elif where == "outside":
        target = atoms[0] + 3 * (atoms[0] - atoms.mean(axis=0)) + random.standard_normal(samples)
    else:
        target = random.standard_normal(samples)
    return Pool(atoms, target)
