"""The mathematics of greedy subnetwork selection: networks, pools, rules, rates, verdicts.

The data's way:  Problem → (train | draw at random) → TwoLayerNetwork → Pool → Selection →
RateEstimate → Verdict. Throughout, m is the number of data points, d their dimension, N the number
of neurons in a pool and n the number in a subnetwork.
"""

from typing import TYPE_CHECKING, Any

from theory import guarantees, rules
from theory.datasets import RealData, Scales, from_arrays, real_problem
from theory.errors import Diverged, InvalidInput, SubnetsError
from theory.geometry import (
    Geometry,
    HullProjection,
    Membership,
    NoConvergence,
    RadiusBracket,
    examine,
    hull_threshold,
    inscribed_radius,
    nearest_point,
)
from theory.network import Neurons, TwoLayerNetwork, random_network
from theory.pool import Pool
from theory.problem import Problem, Teacher, teacher_problem
from theory.random_pools import gaussian_threshold, random_pool, wendel_probability
from theory.rates import (
    Decay,
    DecayComparison,
    Estimate,
    Interval,
    PairedComparison,
    RateEstimate,
    compare_decays,
    compare_methods,
    fit_rate,
    jackknife,
    mean_curve_exponent,
    mean_estimate,
    median_estimate,
    proportion_estimate,
    rounding_floor,
)
from theory.selection import Selection
from theory.training import Training, Trajectory, descend, train
from theory.verdict import (
    Outcome,
    Pace,
    RateJudgement,
    Verdict,
    judge_below,
    judge_decay,
    judge_guarantee,
    judge_in_mean,
    judge_order,
    judge_rate,
    judge_within,
)

if TYPE_CHECKING:
    from theory.torch_modules import ModulePool, from_torch

__all__ = [
    "Decay",
    "DecayComparison",
    "Diverged",
    "Estimate",
    "Geometry",
    "HullProjection",
    "Interval",
    "InvalidInput",
    "Membership",
    "ModulePool",
    "Neurons",
    "NoConvergence",
    "Outcome",
    "Pace",
    "PairedComparison",
    "Pool",
    "Problem",
    "RadiusBracket",
    "RateEstimate",
    "RateJudgement",
    "RealData",
    "Scales",
    "Selection",
    "SubnetsError",
    "Teacher",
    "Training",
    "Trajectory",
    "TwoLayerNetwork",
    "Verdict",
    "compare_decays",
    "compare_methods",
    "descend",
    "examine",
    "fit_rate",
    "from_arrays",
    "from_torch",
    "gaussian_threshold",
    "guarantees",
    "hull_threshold",
    "inscribed_radius",
    "jackknife",
    "judge_below",
    "judge_decay",
    "judge_guarantee",
    "judge_in_mean",
    "judge_order",
    "judge_rate",
    "judge_within",
    "mean_curve_exponent",
    "mean_estimate",
    "median_estimate",
    "nearest_point",
    "proportion_estimate",
    "random_network",
    "random_pool",
    "real_problem",
    "rounding_floor",
    "rules",
    "teacher_problem",
    "train",
    "wendel_probability",
]


def __getattr__(name: str) -> Any:
    """What needs torch is loaded when it is asked for."""
    if name in ("ModulePool", "from_torch"):
        from theory import torch_modules

        return getattr(torch_modules, name)
    raise AttributeError(f"module 'theory' has no attribute {name!r}")
