from __future__ import annotations

import numpy as np
import pytest

from theory import InvalidInput, crossing, crossing_estimate, fit_rate, mean_estimate

SIZES = np.arange(90, 991, 10)


def test_a_noise_free_power_law_is_recovered() -> None:
    losses = np.array([[3.0], [0.2]]) * SIZES**-1.7
    estimate = fit_rate(SIZES, losses)
    np.testing.assert_allclose(estimate.exponents.values, 1.7, rtol=1e-10)
    assert estimate.window == (90, 990)
    assert estimate.points == 91


def test_the_window_is_respected() -> None:
    losses = np.where(SIZES <= 500, SIZES**-1.0, SIZES**-2.0)[None]
    assert fit_rate(SIZES, losses, window=(90, 500)).exponent == pytest.approx(1, rel=1e-10)
    assert fit_rate(SIZES, losses, window=(510, 990)).exponent == pytest.approx(2, rel=1e-10)


def test_one_replicate_gives_no_interval() -> None:
    assert fit_rate(SIZES, [1.0 / SIZES]).interval is None


def test_the_interval_covers_as_often_as_it_says() -> None:
    """1000 experiments of 8 replicates whose noise is a random walk along n; band 93 to 97 %."""
    random = np.random.default_rng(11)
    covered = 0
    for _ in range(1000):
        noise = np.cumsum(0.05 * random.standard_normal((8, len(SIZES))), axis=1)
        interval = fit_rate(SIZES, SIZES**-1.5 * np.exp(noise)).interval
        assert interval is not None
        covered += interval.low <= 1.5 <= interval.high
    assert 930 <= covered <= 970


def test_the_t_interval_equals_the_textbook() -> None:
    """Mean 10, standard deviation 2 over 4 values: half-width t(0.975, 3)·2/√4 = 3.18245."""
    values = 10 + 2 * np.array([-1, -1, 1, 1]) * np.sqrt(3) / 2
    interval = mean_estimate(values).interval
    assert interval is not None
    assert interval.high - 10 == pytest.approx(3.182446305284263, rel=1e-9)
    assert 10 - interval.low == pytest.approx(3.182446305284263, rel=1e-9)


def test_curves_that_cross_once() -> None:
    first, second = 400.0 * SIZES**-2.0, SIZES**-1.0
    assert crossing(SIZES, [first], [second]) == pytest.approx(400, rel=1e-9)
    assert crossing(SIZES, [second], [first]) is None
    assert crossing(SIZES, [first / 100], [second]) == 90
    assert crossing_estimate(SIZES, [second], [first]) is None


def test_the_crossing_interval_holds_the_crossing() -> None:
    random = np.random.default_rng(5)
    scale = np.exp(0.2 * random.standard_normal((20, 1)))
    estimate = crossing_estimate(SIZES, 400.0 * scale * SIZES**-2.0, np.tile(1.0 / SIZES, (20, 1)))
    assert estimate is not None
    assert estimate.interval is not None
    truth = 400 * np.exp(np.log(scale).mean())
    assert estimate.mean == pytest.approx(truth, rel=1e-9)
    assert 0.8 * truth < estimate.interval.low < truth < estimate.interval.high < 1.2 * truth


@pytest.mark.parametrize(
    ("sizes", "losses", "options", "message"),
    [
        ([1, 2], [[1.0, 0.0]], {}, r"losses\[0\] is 0 at n = 2"),
        ([1, 2], [[1.0, 0.5], [1.0, -1.0]], {}, r"losses\[1\] is -1 at n = 2"),
        ([1, 2], [[1.0, np.nan]], {}, r"losses holds nan at index \(0, 1\)"),
        ([1, 2], [[1.0, 0.5, 0.2]], {}, r"losses has shape \(1, 3\)"),
        ([1, 2, 3], [[1.0, 0.5, 0.2]], {"window": (2, 2)}, r"window 2..2 holds sizes \[2.0\]"),
        ([0, 2], [[1.0, 0.5]], {}, "two different sizes above 0"),
        ([1, 2], [[1.0, 0.5]], {"confidence": 1}, "confidence is 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    sizes: list[int], losses: list[list[float]], options: dict[str, float], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        fit_rate(sizes, losses, **options)  # type: ignore[arg-type]
