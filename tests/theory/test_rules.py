"""Every rule against its definition in exact fractions, and the relations between rules."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pools import integer_pools

from theory import InvalidInput, Outcome, Pool, examine, guarantees, judge_guarantee, nearest_point
from theory.rules import ALL, named

Vector = list[Fraction]


def dot(u: Vector, v: Vector) -> Fraction:
    return sum((a * b for a, b in zip(u, v, strict=True)), Fraction(0))


def centred(pool: Pool) -> list[Vector]:
    return [[Fraction(v) for v in row] for row in (pool.atoms - pool.target).tolist()]


def mix(s: Fraction, r: Vector, c: Vector) -> Vector:
    return [(1 - s) * a + s * b for a, b in zip(r, c, strict=True)]


def step_towards(r: Vector, c: Vector) -> Fraction:
    """The s in [0, 1] that minimises ‖(1 − s) r + s c‖²."""
    d = [b - a for a, b in zip(r, c, strict=True)]
    if dot(d, d) == 0:
        return Fraction(0)
    return min(max(-dot(r, d) / dot(d, d), Fraction(0)), Fraction(1))


def first(atoms: list[Vector]) -> int:
    return min(range(len(atoms)), key=lambda i: (dot(atoms[i], atoms[i]), i))


def by_gradient(r: Vector, atoms: list[Vector]) -> int:
    return min(range(len(atoms)), key=lambda i: (dot(r, atoms[i]), i))


def herding_exactly(pool: Pool, size: int) -> tuple[list[int], list[Fraction]]:
    atoms, chosen, losses = centred(pool), [], []
    w = [Fraction(0)] * pool.samples
    for k in range(1, size + 1):
        i = by_gradient(w, atoms) if k > 1 else first(atoms)
        w = [a + b for a, b in zip(w, atoms[i], strict=True)]
        chosen.append(i)
        losses.append(dot(w, w) / (2 * pool.samples * k * k))
    return chosen, losses


def frank_wolfe_exactly(pool: Pool, size: int) -> tuple[list[int], list[Fraction]]:
    atoms = centred(pool)
    chosen = [first(atoms)]
    r = atoms[chosen[0]]
    losses = [dot(r, r) / (2 * pool.samples)]
    for _ in range(size - 1):
        i = by_gradient(r, atoms)
        r = mix(step_towards(r, atoms[i]), r, atoms[i])
        chosen.append(i)
        losses.append(dot(r, r) / (2 * pool.samples))
    return chosen, losses


def greedy_imitation_exactly(pool: Pool, size: int) -> tuple[list[int], list[Fraction]]:
    atoms = centred(pool)
    chosen = [first(atoms)]
    r = atoms[chosen[0]]
    losses = [dot(r, r) / (2 * pool.samples)]
    for _ in range(size - 1):
        trials = [mix(step_towards(r, c), r, c) for c in atoms]
        i = min(range(len(atoms)), key=lambda i: (dot(trials[i], trials[i]), i))
        r = trials[i]
        chosen.append(i)
        losses.append(dot(r, r) / (2 * pool.samples))
    return chosen, losses


def weights_taken_exactly(
    pool: Pool, size: int, pairwise: bool
) -> tuple[list[int], list[Fraction]]:
    atoms = centred(pool)
    chosen, losses = [first(atoms)], []
    alpha = [Fraction(int(i == chosen[0])) for i in range(pool.size)]
    for k in range(size):
        r = [sum(a * c[j] for a, c in zip(alpha, atoms, strict=True)) for j in range(pool.samples)]
        losses.append(dot(r, r) / (2 * pool.samples))
        if k + 1 == size:
            break
        i = by_gradient(r, atoms)
        carrying = [j for j in range(pool.size) if alpha[j] > 0]
        a = min(carrying, key=lambda j: (-dot(r, atoms[j]), j))
        forward = dot(r, r) - dot(r, atoms[i]) >= dot(r, atoms[a]) - dot(r, r)
        start = atoms[a] if pairwise else r
        to = atoms[i] if pairwise or forward else r
        if not pairwise and not forward:
            start = atoms[a]
        d = [v - u for u, v in zip(start, to, strict=True)]
        longest = alpha[a] if pairwise else Fraction(1) if forward else alpha[a] / (1 - alpha[a])
        s = Fraction(0)
        if dot(d, d) > 0:
            s = min(max(-dot(r, d) / dot(d, d), Fraction(0)), longest)
        if pairwise:
            alpha[a] -= s
            alpha[i] += s
        elif forward:
            alpha = [(1 - s) * v for v in alpha]
            alpha[i] += s
        else:
            alpha = [(1 + s) * v for v in alpha]
            alpha[a] -= s
        chosen.append(i if pairwise or forward else a)
    return chosen, losses


def backward_exactly(pool: Pool, size: int) -> tuple[list[int], list[Fraction]]:
    atoms, left = centred(pool), list(range(pool.size))
    order, losses = [], []
    while left:
        w = [sum((atoms[i][j] for i in left), Fraction(0)) for j in range(pool.samples)]
        losses.append(dot(w, w) / (2 * pool.samples * len(left) ** 2))
        trials = {i: [a - b for a, b in zip(w, atoms[i], strict=True)] for i in left}
        dropped = min(left, key=lambda i: (dot(trials[i], trials[i]), i))
        left.remove(dropped)
        order.append(dropped)
    return order[::-1][:size], losses[::-1][:size]


def largest_norm_exactly(pool: Pool, size: int) -> tuple[list[int], list[Fraction]]:
    rows = [[Fraction(v) for v in row] for row in pool.atoms.tolist()]
    chosen = sorted(range(pool.size), key=lambda i: (-dot(rows[i], rows[i]), i))[:size]
    losses, atoms = [], centred(pool)
    for k in range(1, size + 1):
        w = [sum((atoms[i][j] for i in chosen[:k]), Fraction(0)) for j in range(pool.samples)]
        losses.append(dot(w, w) / (2 * pool.samples * k * k))
    return chosen, losses


EXACT: dict[str, Callable[[Pool, int], tuple[list[int], list[Fraction]]]] = {
    "herding": herding_exactly,
    "frank_wolfe": frank_wolfe_exactly,
    "greedy_imitation": greedy_imitation_exactly,
    "away_step": lambda pool, size: weights_taken_exactly(pool, size, pairwise=False),
    "pairwise": lambda pool, size: weights_taken_exactly(pool, size, pairwise=True),
    "backward_elimination": backward_exactly,
    "largest_norm": largest_norm_exactly,
}
ONCE = ("greedy_forward_without_repetition", "backward_elimination", "largest_norm")


@pytest.mark.parametrize("rule", list(EXACT))
@settings(max_examples=150)
@given(integer_pools(samples=3, size=6), st.integers(1, 6))
def test_equals_its_definition_in_exact_fractions(rule: str, pool: Pool, size: int) -> None:
    size = min(size, pool.size) if rule in ONCE else size
    selection = ALL[rule](pool, size)
    indices, losses = EXACT[rule](pool, size)
    expected = np.array([float(v) for v in losses])
    np.testing.assert_allclose(selection.losses, expected, rtol=1e-9, atol=1e-28)
    # Where the loss is 0 up to rounding the gradient is noise, and so is the next choice.
    settled = next((k for k, v in enumerate(losses) if v == 0), size)
    until = size if rule in ONCE else min(size, settled + 1)
    assert selection.indices[:until].tolist() == indices[:until]


@given(integer_pools(samples=3, size=6), st.integers(1, 6))
def test_stochastic_greedy_with_all_candidates_is_greedy(pool: Pool, size: int) -> None:
    found = ALL["stochastic_greedy"](pool, size, candidates=6)
    assert found.indices.tolist() == ALL["greedy_forward"](pool, size).indices.tolist()


@settings(max_examples=60)
@given(integer_pools(samples=3, size=6), st.integers(1, 6))
def test_fully_corrective_is_the_best_on_what_it_has_chosen(pool: Pool, size: int) -> None:
    selection = ALL["fully_corrective"](pool, size)
    for k in range(1, selection.size + 1):
        subset = np.unique(selection.indices[:k])
        best = nearest_point(Pool(pool.atoms[subset], pool.target)).loss
        assert selection.losses[k - 1] == pytest.approx(best, rel=1e-9, abs=1e-20)
    atoms = [[float(v) for v in row] for row in pool.atoms - pool.target]
    assert selection.indices[0] == min(
        range(pool.size), key=lambda i: (np.dot(atoms[i], atoms[i]), i)
    )


def pools(random: np.random.Generator) -> list[Pool]:
    """Target inside, on a face, outside; more coordinates than atoms."""
    atoms = random.standard_normal((60, 5))
    return [
        Pool(atoms, atoms.mean(axis=0)),
        Pool(atoms, atoms[:2].mean(axis=0)),
        Pool(atoms, np.full(5, 4.0)),
        Pool(random.standard_normal((8, 30)), random.standard_normal(30)),
    ]


def run(rule: str, pool: Pool, size: int = 60):  # type: ignore[no-untyped-def]
    return ALL[rule](pool, min(size, pool.size) if rule in ONCE else size)


@pytest.mark.parametrize("rule", list(ALL))
def test_weights_stay_on_the_simplex_and_give_the_loss(
    rule: str, random: np.random.Generator
) -> None:
    for pool in pools(random):
        selection = run(rule, pool)
        for k in range(1, selection.size + 1):
            weights = selection.weights(k)
            assert weights.shape == (pool.size,)
            assert weights.min() >= 0
            assert abs(weights.sum() - 1) <= 1e-12
            assert selection.distinct[k - 1] >= np.count_nonzero(weights)
            expected = pool.loss(weights @ pool.atoms)
            # A residual of 1e-8 is known to 1e-16, so its square to 1e-24.
            floor = 1e-14 * np.sqrt(expected) + 1e-28
            assert selection.losses[k - 1] == pytest.approx(expected, rel=1e-9, abs=floor)


@pytest.mark.parametrize("rule", [r for r in ALL if r not in ("random_subset", "largest_norm")])
def test_gaps_certify(rule: str, random: np.random.Generator) -> None:
    for pool in pools(random):
        selection = run(rule, pool)
        if selection.gaps is None:
            assert rule in ("stochastic_greedy", "backward_elimination")
            continue
        best = nearest_point(pool).loss
        assert (selection.losses - selection.gaps <= best + 1e-14).all()
        for k in (1, 2, selection.size):
            point = selection.weights(k) @ pool.atoms
            expected = max((point - pool.target) @ (point - pool.atoms).T / pool.samples)
            assert selection.gaps[k - 1] == pytest.approx(expected, rel=1e-6, abs=1e-14)


@pytest.mark.parametrize(
    "rule", ["frank_wolfe", "greedy_imitation", "away_step", "pairwise", "fully_corrective"]
)
def test_the_loss_of_optimised_weights_never_rises(rule: str, random: np.random.Generator) -> None:
    for pool in pools(random):
        losses = run(rule, pool, 200).losses
        assert (np.diff(losses) <= 1e-12 * losses[:-1] + 1e-28).all()


# After an exact line search the atoms that carry weight tie, so that away-step and pairwise depend
# on the order by definition; and the two random rules depend on what they draw.
@pytest.mark.parametrize(
    "rule",
    [r for r in ALL if r not in ("random_subset", "stochastic_greedy", "away_step", "pairwise")],
)
def test_permuting_the_pool_permutes_the_selection(rule: str, random: np.random.Generator) -> None:
    for pool in pools(random):
        order = random.permutation(pool.size)
        before, after = run(rule, pool, 20), run(rule, Pool(pool.atoms[order], pool.target), 20)
        np.testing.assert_allclose(after.losses, before.losses, rtol=1e-9, atol=1e-20)
        # At the optimum no atom helps; the lowest index is then as good as any other.
        gaps = np.ones(20) if before.gaps is None else before.gaps
        done = int(np.argmax(gaps <= 1e-9)) + 1 if (gaps <= 1e-9).any() else before.size
        assert (order[after.indices[:done]] == before.indices[:done]).all()


@pytest.mark.parametrize(
    "rule", [r for r in ALL if r not in (*ONCE, "random_subset", "stochastic_greedy")]
)
def test_duplicating_an_atom_changes_no_loss(rule: str, random: np.random.Generator) -> None:
    for pool in pools(random):
        doubled = Pool(np.vstack([pool.atoms, pool.atoms[::2]]), pool.target)
        before, after = run(rule, pool, 20), run(rule, doubled, 20)
        np.testing.assert_allclose(after.losses, before.losses, rtol=1e-9, atol=1e-28)


@pytest.mark.parametrize("shift", [0.0, 1.0])
@pytest.mark.parametrize("rule", ["away_step", "pairwise"])
def test_taking_weight_away_reaches_the_optimum(rule: str, shift: float) -> None:
    """200 atoms in rank 20, target inside and outside: gap ≤ 1e-12."""
    atoms = np.random.default_rng(0).standard_normal((200, 20))
    pool = Pool(atoms, np.full(20, shift))
    selection = ALL[rule](pool, 1500)
    assert selection.gaps is not None
    assert selection.gaps[-1] <= 1e-12
    assert selection.losses[-1] == pytest.approx(nearest_point(pool).loss, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_fully_corrective_ends(shift: float) -> None:
    """After finitely many steps, with at most rank + 1 atoms, exactly."""
    for seed in range(10):
        random = np.random.default_rng(seed)
        rank = int(random.integers(1, 15))
        pool = Pool(random.standard_normal((100, rank)), np.full(rank, shift))
        selection = ALL["fully_corrective"](pool, 1000)
        assert selection.size < 1000
        assert selection.distinct[-1] <= rank + 1
        assert selection.losses[-1] == pytest.approx(nearest_point(pool).loss, abs=1e-15)


def test_relations_between_rules(random: np.random.Generator) -> None:
    """Line search keeps to the geometric bound, equal weights (greedy, herding) to R²/(2n²)."""
    interior = guarantees.ALL["target_in_interior"]
    geometric = guarantees.ALL["line_search"]
    for _ in range(10):
        pool = Pool(random.standard_normal((50, 4)), 0.2 * random.standard_normal(4))
        geometry = examine(pool)
        if geometry.radius.lower < 0.05:
            continue
        for rule in ("frank_wolfe", "greedy_imitation", "fully_corrective"):
            verdict = judge_guarantee(geometric, geometry, ALL[rule](pool, 150))
            assert verdict.outcome is Outcome.HOLDS, (rule, verdict.sentence)
        for rule in ("greedy_forward", "herding"):
            for guarantee in (interior, guarantees.ALL["along_the_path"]):
                verdict = judge_guarantee(guarantee, geometry, ALL[rule](pool, 1000))
                assert verdict.outcome is Outcome.HOLDS, (rule, verdict.sentence)


def test_backward_at_the_full_size_is_the_full_pool(random: np.random.Generator) -> None:
    for pool in pools(random):
        full = pool.loss(pool.atoms.mean(axis=0))
        for rule in ("backward_elimination", "greedy_forward_without_repetition"):
            assert ALL[rule](pool, pool.size).losses[-1] == pytest.approx(full, rel=1e-12)


def test_backward_keeps_its_digits_after_dropping_a_large_atom() -> None:
    pool = Pool([[1e16], [0.1], [0.3], [-0.25], [0.7]], [0.0])
    without = ALL["backward_elimination"](Pool(pool.atoms[1:], pool.target))
    selection = ALL["backward_elimination"](pool)
    assert selection.indices[-1] == 0
    assert (selection.indices[:4] - 1 == without.indices).all()
    np.testing.assert_allclose(selection.losses[:4], without.losses, rtol=1e-12)


def test_the_gram_matrix_changes_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    pool = Pool(np.random.default_rng(3).standard_normal((60, 7)), np.zeros(7))
    kept = ALL["backward_elimination"](pool)
    monkeypatch.setattr(
        importlib.import_module("theory.rules.backward_elimination"), "_GRAM_MEMORY", 0
    )
    assert (ALL["backward_elimination"](pool).indices == kept.indices).all()


def test_unknown_names_are_refused_with_the_nearest() -> None:
    assert named("herding") is ALL["herding"]
    with pytest.raises(InvalidInput, match="rule is 'herdin'; did you mean 'herding'"):
        named("herdin")


@pytest.mark.parametrize("rule", list(ALL))
def test_a_pool_of_one_atom_and_sizes_that_cannot_be(rule: str) -> None:
    pool = Pool([[2.0, 0.0]], [0.0, 0.0])
    selection = ALL[rule](pool, 1)
    assert selection.indices.tolist() == [0]
    assert selection.losses.tolist() == [1.0]
    with pytest.raises(InvalidInput, match="size is 0"):
        ALL[rule](pool, 0)
    if rule in ONCE:
        with pytest.raises(InvalidInput, match="size is 2; it must be from 1 to 1"):
            ALL[rule](pool, 2)
    at_target = ALL[rule](Pool([[2.0, 0.0]], [2.0, 0.0]), 1)
    assert at_target.losses.tolist() == [0.0]
