"""How the time grows with N, m, n and d, beside what the operations say.

    python -m benchmarks.growth

Each row varies one size by factors of two around a common point and fits a power law, with the
t-interval of the least squares slope. What fits into the cache, fixed costs and small products bend
these laws: below 1 where there is a fixed part, above 1 where the cache is left.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from benchmarks.harness import in_turn, print_table
from theory import Problem, Training, descend, random_network, random_pool, rules

ROUNDS = 5
TRAINING = {"n": 1000, "m": 400, "d": 32}
SELECTION = {"N": 20_000, "m": 400, "n": 100}
FACTORS = (0.5, 1, 2, 4)


def problem(samples: int, dimension: int) -> Problem:
    """Gaussian inputs and targets."""
    random = np.random.default_rng(0)
    return Problem(random.standard_normal((samples, dimension)), random.standard_normal(samples))


def training(n: int, m: int, d: int) -> float:
    """Seconds of 50 steps of two networks."""
    data, networks = problem(m, d), [random_network(n, d, seed=k) for k in range(2)]
    call = {"train": lambda: descend([data] * 2, networks, Training(rate=0.01, steps=50))}
    return float(np.median(in_turn(call, ROUNDS)["train"]))


def selection(N: int, m: int, n: int) -> float:
    """Seconds of n greedy steps, whose picks seldom repeat."""
    pool = random_pool(problem(m, 200), N)
    call = {"select": lambda: rules.greedy_forward(pool, n)}
    return float(np.median(in_turn(call, ROUNDS)["select"]))


def exponent(sizes: list[int], seconds: list[float]) -> str:
    """The slope of the log-log line with its 95 % interval."""
    fit = stats.linregress(np.log(sizes), np.log(seconds))
    half = stats.t.ppf(0.975, len(sizes) - 2) * fit.stderr
    return f"{fit.slope:.2f} ± {half:.2f}"


def main() -> None:
    rows = []
    for what, call, point in (
        ("training", training, TRAINING),
        ("selection", selection, SELECTION),
    ):
        for name, size in point.items():
            sizes = [int(factor * size) for factor in FACTORS]
            seconds = [call(**{**point, name: s}) for s in sizes]  # type: ignore[operator]
            others = ", ".join(f"{k} = {v}" for k, v in point.items() if k != name)
            times = ", ".join(f"{1000 * s:.3g}" for s in seconds)
            rows.append((f"{what}, {others}", f"{name} = {sizes[0]} to {sizes[-1]}", times,
                         exponent(sizes, seconds), "1"))  # fmt: skip
    print_table(("what", "varied", "milliseconds", "exponent", "of the operations"), rows)


if __name__ == "__main__":
    main()
