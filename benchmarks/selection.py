"""Greedy selection of 500 from 10 000 atoms on 1000 data points.

    python -m benchmarks.selection

Peers: orthogonal matching pursuit, the usual greedy selector (scikit-learn, with and without a Gram
matrix at hand, and SPAMS), Frank-Wolfe by copt, one float64 product with all atoms a step, and the
evaluation of every candidate network, as in the authors' code. OMP optimises its weights and takes
no atom twice, and Frank-Wolfe optimises its steps: they solve other problems; what is compared is
the time for 500 greedy steps. The limit is reading the atoms once per different pick, in float32:
the gain depends on how often picks repeat, and is less for inputs of a higher dimension. The rate
of reading is that of a matrix of 400 MB; these 40 MB stay in the cache in part and can pass it.
SPAMS spreads signals over threads, and here is one. The plain way in float32, which may pick other
atoms, tells how much of the gain is precision and how much the reuse of repeated picks.
Declared targets, for d = 10: 8 × the fastest OMP that is given what we are given, 5 × one product a
step, with the same picks.
"""

from __future__ import annotations

import warnings

import copt
import numpy as np
import spams
from sklearn.linear_model import orthogonal_mp, orthogonal_mp_gram

from benchmarks.harness import Beside, Seconds, bandwidth, beside, in_turn, print_beside
from theory import Pool, rules

STEPS, SIZE, SAMPLES, ROUNDS = 500, 10_000, 1000, 5
CANDIDATES = 20  # of the authors' way, timed and scaled up
PLAIN = "one product a step"
_GIVEN_THE_SAME = ("scikit-learn OMP", "SPAMS OMP")


def random_atoms(dimension: int) -> Pool:
    """Random ReLU neurons, and a target well inside their hull."""
    random = np.random.default_rng(0)
    inputs = random.standard_normal((SAMPLES, dimension))
    atoms = np.maximum(random.standard_normal((SIZE, dimension)) @ inputs.T, 0)
    atoms *= random.standard_normal((SIZE, 1))
    return Pool(atoms, random.dirichlet(np.ones(SIZE)) @ atoms)


def plain(pool: Pool, steps: int, kind: type = np.float64) -> np.ndarray:
    """The picks, by one product with all atoms a step."""
    centred = (pool.atoms - pool.target).astype(kind)
    squares = np.einsum("ij,ij->i", centred, centred)
    total = np.zeros(pool.samples, kind)
    picks = np.empty(steps, dtype=np.int64)
    for step in range(steps):
        picks[step] = np.argmin(2 * (centred @ total) + squares)
        total += centred[picks[step]]
    return picks


def forward_passes(pool: Pool, steps: int) -> None:
    """Candidate networks evaluated one by one; the first `CANDIDATES` of each step only."""
    picks: list[int] = []
    for _ in range(steps):
        losses = [
            np.square(pool.atoms[[*picks, i]].mean(axis=0) - pool.target).mean()
            for i in range(CANDIDATES)
        ]
        picks.append(int(np.argmin(losses)))


def frank_wolfe(pool: Pool, steps: int) -> None:
    """Frank-Wolfe on ½‖f − y‖² over the hull, by copt."""

    def value(point: np.ndarray) -> tuple[float, np.ndarray]:
        residual = point - pool.target
        return float(residual @ residual) / 2, residual

    def vertex(gradient: np.ndarray, point: np.ndarray, *_: object) -> tuple[object, ...]:
        return pool.atoms[int(np.argmax(pool.atoms @ gradient))] - point, None, None, 1.0

    copt.minimize_frank_wolfe(
        value, pool.atoms[0].copy(), vertex, jac=True, step="DR", lipschitz=1.0, max_iter=steps,
        tol=0,
    )  # fmt: skip


def rows() -> list[Beside]:
    """Ours beside each peer, and beside the plain way where picks repeat less often."""
    pool = random_atoms(10)
    columns = np.asfortranarray(pool.atoms.T)
    norms = np.linalg.norm(columns, axis=0)
    dictionary = np.asfortranarray(columns / np.where(norms > 0, norms, 1))
    gram, products = dictionary.T @ dictionary, dictionary.T @ pool.target
    target = np.asfortranarray(pool.target[:, None])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = in_turn(
            {
                "ours": lambda: rules.greedy_forward(pool, STEPS),
                PLAIN: lambda: plain(pool, STEPS),
                "one product a step, float32": lambda: plain(pool, STEPS, np.float32),
                "scikit-learn OMP": lambda: orthogonal_mp(
                    dictionary, pool.target, n_nonzero_coefs=STEPS
                ),
                "scikit-learn OMP, Gram at hand": lambda: orthogonal_mp_gram(
                    gram, products, n_nonzero_coefs=STEPS
                ),
                "SPAMS OMP": lambda: spams.omp(target, dictionary, L=STEPS, numThreads=-1),
                "copt Frank-Wolfe": lambda: frank_wolfe(pool, STEPS),
            },
            ROUNDS,
        )
    few = in_turn({"few": lambda: forward_passes(pool, STEPS)}, 1, warm=False)["few"]
    seconds["every candidate evaluated (scaled)"] = np.full(ROUNDS, few[0] * SIZE / CANDIDATES)
    fastest = min(_GIVEN_THE_SAME, key=lambda name: float(np.median(seconds[name])))
    found = _compared(pool, 10, seconds, {fastest: 8.0, PLAIN: 5.0})
    for dimension in (20, 50):
        other = random_atoms(dimension)
        calls = {
            "ours": lambda other=other: rules.greedy_forward(other, STEPS),
            PLAIN: lambda other=other: plain(other, STEPS),
        }
        found += _compared(other, dimension, in_turn(calls, ROUNDS), {})
    return found


def _compared(
    pool: Pool, dimension: int, seconds: dict[str, Seconds], targets: dict[str, float]
) -> list[Beside]:
    selection = rules.greedy_forward(pool, STEPS)
    same = int((selection.indices == plain(pool, STEPS)).sum())
    different = int(selection.distinct[-1])
    return beside(
        f"d = {dimension}, {different} different", seconds, targets=targets,
        agree={PLAIN: f"{same} of {STEPS} picks the same"},
        limit=4 * SIZE * SAMPLES * different / bandwidth(),
    )  # fmt: skip


if __name__ == "__main__":
    print_beside(rows())
