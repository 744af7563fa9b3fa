"""The estimators against truths that are known: exact curves, and simulated experiments.

The simulated noise is Gaussian in log loss: independent along n ("white"), strongly correlated
("autocorrelated", memory 0.97 from one size to the next) or a random walk.
"""

from __future__ import annotations

import numpy as np
import pytest

from theory import (
    Decay,
    InvalidInput,
    Pace,
    compare_decays,
    compare_methods,
    fit_rate,
    judge_rate,
    mean_curve_exponent,
    mean_estimate,
    rounding_floor,
)

SIZES = np.arange(90, 991, 10)
NOISES = ("white", "autocorrelated", "random walk")


def noise(
    random: np.random.Generator, kind: str, replicates: int, points: int = len(SIZES)
) -> np.ndarray:
    white = random.standard_normal((replicates, points))
    if kind == "white":
        return 0.3 * white
    if kind == "random walk":
        return 0.05 * np.cumsum(white, axis=1)
    correlated = np.empty_like(white)
    correlated[:, 0] = white[:, 0]
    for k in range(1, points):
        correlated[:, k] = 0.97 * correlated[:, k - 1] + np.sqrt(1 - 0.97**2) * white[:, k]
    return 0.3 * correlated


def simulated(
    random: np.random.Generator, exponent: float, kind: str, replicates: int = 8
) -> np.ndarray:
    return SIZES**-exponent * np.exp(noise(random, kind, replicates))


# --- exact curves ---------------------------------------------------------------------------------


def test_a_noise_free_power_law_is_recovered() -> None:
    estimate = fit_rate(SIZES, np.array([[3.0], [0.2]]) * SIZES**-1.7)
    np.testing.assert_allclose(estimate.exponents.values, 1.7, rtol=1e-10)
    np.testing.assert_allclose(estimate.local_slopes, -1.7, rtol=1e-10)
    assert estimate.window == (90, 990)
    assert estimate.points == 91


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.9, 3.0])
@pytest.mark.parametrize("share", [0.0, 1e-3, 0.3, 3.0])
def test_a_noise_free_plateau_is_recovered(exponent: float, share: float) -> None:
    """`share` is L∞ over the decaying part at the middle of the window."""
    plateau = share * 300.0**-exponent
    estimate = fit_rate(SIZES, [SIZES**-exponent + plateau], offset="plateau")
    assert estimate.exponent == pytest.approx(exponent, rel=1e-6)
    assert estimate.plateau is not None
    assert estimate.plateau.value == pytest.approx(plateau, rel=1e-6, abs=1e-6 * 990.0**-exponent)


def test_known_offsets_are_subtracted_per_replicate() -> None:
    best = np.array([0.1, 2.0])
    losses = SIZES**-2.0 + best[:, None]
    np.testing.assert_allclose(fit_rate(SIZES, losses, offset=best).exponents.values, 2, rtol=1e-9)
    assert fit_rate(SIZES, losses).exponent < 0.1


def test_the_window_is_respected_and_counted() -> None:
    losses = np.where(SIZES <= 500, SIZES**-1.0, SIZES**-2.0)[None]
    head = fit_rate(SIZES, losses, window=(90, 500))
    assert head.exponent == pytest.approx(1, rel=1e-10)
    assert (head.window, head.points, head.dropped_by_window) == ((90, 500), 42, 49)
    assert fit_rate(SIZES, losses, window=(505, 990)).exponent == pytest.approx(2, rel=1e-10)


def test_a_curve_ends_where_it_first_touches_the_floor() -> None:
    losses = np.array([SIZES**-2.0, 4 * SIZES**-2.0])
    losses[:, 50:] = 1e-30  # what rounding leaves
    losses[0, 60] = 1.0  # a later point above the floor is no reason to go on
    estimate = fit_rate(SIZES, losses, floor=rounding_floor(1.0))
    np.testing.assert_allclose(estimate.exponents.values, 2, rtol=1e-10)
    assert estimate.dropped_by_floor.tolist() == [41, 41]
    assert estimate.window == (90, 580)


def test_the_rounding_of_a_subtraction_is_the_default_floor() -> None:
    sizes = np.geomspace(10, 1e9, 81)
    estimate = fit_rate(sizes, [1.0 + 1.0 / sizes**2], offset=1.0)
    assert estimate.exponent == pytest.approx(2, abs=1e-3)
    assert estimate.dropped_by_floor[0] > 10


# --- coverage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NOISES)
def test_the_interval_covers_as_often_as_it_says(kind: str) -> None:
    """1000 experiments of 8 replicates, seed 11; 93 to 97 %. Pooling the points covers far less."""
    random = np.random.default_rng(11)
    covered = pooled = bootstrap = 0
    for trial in range(1000):
        losses = simulated(random, 1.5, kind)
        estimate = fit_rate(SIZES, losses)
        assert estimate.interval is not None
        covered += estimate.interval.low <= 1.5 <= estimate.interval.high
        pooled += _pooled_least_squares_covers(losses, 1.5)
        if trial < 200:
            interval = estimate.exponents.bootstrap_interval(resamples=500)
            assert interval is not None
            bootstrap += interval.low <= 1.5 <= interval.high
    assert 930 <= covered <= 970
    if kind != "white":
        assert pooled < 700
    assert 150 <= bootstrap <= 196  # too narrow with 8 replicates, as its docstring says


def _pooled_least_squares_covers(losses: np.ndarray, truth: float) -> bool:
    """The foil: all points of all replicates in one regression, as if they were independent."""
    x = np.tile(np.log(SIZES), len(losses))
    y = np.log(losses).ravel()
    x = x - x.mean()
    slope = y @ x / (x @ x)
    residuals = y - y.mean() - slope * x
    error = np.sqrt(residuals @ residuals / (len(x) - 2) / (x @ x))
    return bool(abs(slope + truth) <= 1.96 * error)


def test_the_t_interval_equals_the_textbook() -> None:
    """Mean 10, standard deviation 2 over 4 values: half-width t(0.975, 3)·2/√4 = 3.18245."""
    values = 10 + 2 * np.array([-1, -1, 1, 1]) * np.sqrt(3) / 2
    interval = mean_estimate(values).interval
    assert interval is not None
    assert interval.high - 10 == pytest.approx(3.182446305284263, rel=1e-9)
    assert 10 - interval.low == pytest.approx(3.182446305284263, rel=1e-9)


def test_one_replicate_gives_a_value_and_no_interval() -> None:
    estimate = fit_rate(SIZES, [1.0 / SIZES])
    assert estimate.exponent == pytest.approx(1, rel=1e-10)
    assert estimate.interval is None
    assert estimate.exponents.bootstrap_interval() is None
    assert judge_rate(estimate, 1).pace is Pace.INCONCLUSIVE
    assert "one replicate" in judge_rate(estimate, 1).sentence


# --- judgements -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize(
    ("truth", "claimed", "wrong"),
    [(1.0, 2.0, Pace.FASTER), (2.0, 1.0, Pace.SLOWER), (2.0, 2.0, Pace.FASTER),
     (1.0, 1.0, Pace.SLOWER)],
)  # fmt: skip
def test_wrong_words_are_rare(kind: str, truth: float, claimed: float, wrong: Pace) -> None:
    """500 simulations, seed 5: the wrong word in under 5 %."""
    random = np.random.default_rng(5)
    said = [judge_rate(fit_rate(SIZES, simulated(random, truth, kind)), claimed).pace
            for _ in range(500)]  # fmt: skip
    assert said.count(wrong) < 25


@pytest.mark.parametrize("kind", ["white", "autocorrelated"])
def test_a_planted_wrong_claim_is_rejected(kind: str) -> None:
    """10 replicates, window 90..990, a loss like 1/n^1.5 claimed to be 1/n²: power ≥ 0.95."""
    random = np.random.default_rng(6)
    said = [judge_rate(fit_rate(SIZES, simulated(random, 1.5, kind, 10)), 2).pace
            for _ in range(300)]  # fmt: skip
    assert said.count(Pace.SLOWER) >= 285


@pytest.mark.parametrize("truth", [1.0, 1.5, 2.0])
def test_short_windows_decide_nothing(truth: float) -> None:
    random = np.random.default_rng(7)
    for _ in range(50):
        estimate = fit_rate(SIZES, simulated(random, truth, "white"), window=(400, 800))
        judgement = judge_rate(estimate, 2)
        assert judgement.pace is Pace.INCONCLUSIVE
        assert "factor of 2" in judgement.sentence


# --- laws of decay --------------------------------------------------------------------------------


def laws(kind: str) -> np.ndarray:
    return {
        Decay.POWER: SIZES**-1.5,
        Decay.PLATEAU: SIZES**-2.0 + 3 * 990.0**-2.0,
        Decay.GEOMETRIC: np.exp(-0.01 * SIZES),
    }[Decay(kind)]


@pytest.mark.parametrize("truth", [Decay.POWER, Decay.PLATEAU, Decay.GEOMETRIC])
def test_noise_free_laws_are_told_apart(truth: Decay) -> None:
    scales = np.array([[1.0], [0.3], [7.0]])
    assert compare_decays(SIZES, scales * laws(truth)).winner is truth


@pytest.mark.parametrize("kind", ["white", "autocorrelated"])
@pytest.mark.parametrize("truth", [Decay.POWER, Decay.GEOMETRIC])
def test_a_power_law_is_not_called_geometric_nor_the_reverse(truth: Decay, kind: str) -> None:
    """60 simulations of 8 replicates, seed 8: never the other, mostly the truth."""
    random = np.random.default_rng(8)
    sizes = SIZES[::3]
    found = [
        compare_decays(sizes, laws(truth)[::3] * np.exp(noise(random, kind, 8, len(sizes)))).winner
        for _ in range(60)
    ]
    other = {Decay.POWER: Decay.GEOMETRIC, Decay.GEOMETRIC: Decay.POWER}[truth]
    assert found.count(other) == 0
    assert found.count(truth) >= 36


@pytest.mark.parametrize("kind", NOISES)
def test_a_plateau_that_noise_hides_is_not_called_a_power_law(kind: str) -> None:
    """40 simulations of 8 replicates, seed 10: the truth or none, nothing else."""
    random = np.random.default_rng(10)
    sizes, truth = SIZES[::3], laws(Decay.PLATEAU)[::3]
    found = [
        compare_decays(sizes, truth * np.exp(noise(random, kind, 8, len(sizes)))).winner
        for _ in range(40)
    ]
    assert found.count(Decay.PLATEAU) + found.count(Decay.NONE) >= 38
    assert found.count(Decay.PLATEAU) >= 4


def test_curves_that_reach_the_floor_are_judged_before_it() -> None:
    sizes = np.arange(1, 200)
    losses = np.exp(-0.4 * sizes) * np.array([[1.0], [2.0], [0.7]]) + 1e-10
    assert compare_decays(sizes, losses).winner is not Decay.GEOMETRIC
    assert compare_decays(sizes, losses, floor=1e-9).winner is Decay.GEOMETRIC
    with pytest.raises(InvalidInput, match="sizes holds 7 values before"):
        compare_decays(sizes, losses, floor=0.1)


def test_one_replicate_names_no_winner() -> None:
    random = np.random.default_rng(9)
    comparison = compare_decays(SIZES, simulated(random, 1.0, "white", 1))
    assert comparison.winner is Decay.NONE
    assert "winner: none" in comparison.sentence


# --- paired comparison ----------------------------------------------------------------------------


def test_curves_that_cross_once() -> None:
    first, second = 400.0 * SIZES**-2.0, SIZES**-1.0
    found = compare_methods(SIZES, [first] * 3, [second] * 3)
    assert found.crossing is not None
    assert found.crossing.value == pytest.approx(400, rel=1e-4)
    assert (found.first_lower_from, found.second_lower_from) == (410, None)
    apart = compare_methods(SIZES, [first / 100] * 3, [second] * 3)
    assert apart.crossing is None
    assert apart.first_lower_from == 90
    single = compare_methods(SIZES, [first], [second])
    assert single.crossing is not None
    assert single.crossing.interval is None
    assert single.first_lower_from is None


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("bend", [0.0, 0.3])
def test_the_interval_of_the_crossing_covers(kind: str, bend: float) -> None:
    """1000 simulations of 10 replicates, seed 12; 93 to 97 %. Straight and bent log ratios."""
    random = np.random.default_rng(12)
    x = np.log(SIZES / 300)
    truth = np.exp(-1.0 * x + bend * x**2)
    covered = found = 0
    for _ in range(1000):
        second = simulated(random, 1.0, kind, 10)
        first = second * truth * np.exp(noise(random, kind, 10))
        crossing = compare_methods(SIZES, first, second).crossing
        if crossing is not None and crossing.interval is not None:
            found += 1
            covered += crossing.interval.low <= 300 <= crossing.interval.high
    assert found >= 990
    assert 0.93 <= covered / found <= 0.97


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "losses", "options", "message"),
    [
        ([1, 2, 3], [[1.0, 0.5, 0.0]], {}, "losses of replicate 0 is 0 at n = 3"),
        ([1, 2, 3], [[1.0, 0.5, 0.2], [1.0, -1, 0.2]], {}, "losses of replicate 1 is -1 at n = 2"),
        ([1, 2, 3], [[1.0, 0.5, np.nan]], {}, "losses of replicate 0 is nan at n = 3"),
        ([1, 2, 3], [[1, 0.5, 0.2], [1, 0.5]], {}, "replicate 1 has 2 values, but there are 3"),
        ([1, 2], [[1.0, 0.5, 0.2]], {}, "replicate 0 has 3 values, but there are 2 sizes"),
        ([1, 2, 3], [[1.0, 0.5, 0.2]], {"window": (2, 3)}, r"window 2\.\.3 holds 2 of the sizes"),
        ([1, 2, 3], [[1.0, 0.5, 0.2]], {"window": (5, 3)}, "holds 0 of the sizes"),
        ([0, 1, 2], [[1.0, 0.5, 0.2]], {}, "sizes must be above 0 and increasing"),
        ([1, 3, 2], [[1.0, 0.5, 0.2]], {}, "sizes must be above 0 and increasing"),
        ([1, 2, 3], [[1.0, 0.5, 0.2]], {"confidence": 1}, "confidence is 1"),
        ([1, 2, 3], [[1.0, 0.5, 0.2]], {"offset": "flat"}, "offset is 'flat'"),
        ([1, 2, 3], [[1.0, 0.5, 0.2]], {"offset": [1, 2]}, r"offset has shape \(2,\)"),
        ([1, 2, 3, 4], [[1, 0.5, 0.2, 0.1]], {"floor": 0.3},
         "replicate 0 reaches the floor 0.3 at n = 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_refused(
    sizes: list[int], losses: list[list[float]], options: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        fit_rate(sizes, losses, **options)  # type: ignore[arg-type]


def test_what_cannot_be_compared_is_refused() -> None:
    curves = np.ones((2, len(SIZES)))
    with pytest.raises(InvalidInput, match="first has 2 replicates and second 1"):
        compare_methods(SIZES, curves, curves[:1])
    with pytest.raises(InvalidInput, match="second of replicate 0 is -1 at n = 90"):
        compare_methods(SIZES, curves, -curves)
    with pytest.raises(InvalidInput, match="degree is 0"):
        compare_methods(SIZES, curves, curves, degree=0)
    with pytest.raises(InvalidInput, match="sizes holds 5 values; comparing decays needs 8"):
        compare_decays(SIZES[:5], curves[:, :5])


def test_the_exponent_of_a_mean_curve() -> None:
    sizes = np.array([10.0, 20, 40, 80])
    exact = mean_curve_exponent(sizes, [3 * sizes**-1.2] * 4)
    assert exact.value == pytest.approx(1.2)
    assert exact.interval == pytest.approx((1.2, 1.2))
    # Single curves dip below 0, the mean does not.
    random = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        curves = sizes**-1.0 * (1 + 1.5 * random.standard_normal((40, 4)))
        found = mean_curve_exponent(sizes, curves)
        if found.interval is not None:
            held += found.interval.low <= 1 <= found.interval.high
    assert 0.91 * 300 <= held <= 0.99 * 300
    assert np.isnan(mean_curve_exponent(sizes, -np.ones((2, 4))).value)
    assert mean_curve_exponent(sizes, [sizes**-1.0]).interval is None
