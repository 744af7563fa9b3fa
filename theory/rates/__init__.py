"""Measuring rates and comparing methods, with the replicate as the independent unit."""

from theory.rates.decays import Decay, DecayComparison, PlateauFit, compare_decays, fit_plateau
from theory.rates.estimate import (
    Estimate,
    Interval,
    jackknife,
    mean_estimate,
    median_estimate,
    proportion_estimate,
)
from theory.rates.paired import PairedComparison, compare_methods
from theory.rates.power_law import (
    RateEstimate,
    fit_rate,
    mean_curve_exponent,
    rounding_floor,
)

__all__ = [
    "Decay",
    "DecayComparison",
    "Estimate",
    "Interval",
    "PairedComparison",
    "PlateauFit",
    "RateEstimate",
    "compare_decays",
    "compare_methods",
    "fit_plateau",
    "fit_rate",
    "jackknife",
    "mean_curve_exponent",
    "mean_estimate",
    "median_estimate",
    "proportion_estimate",
    "rounding_floor",
]
