"""The mathematics of greedy subnetwork selection: networks, pools, rules, rates, verdicts.

The data's way:  Problem → (train | draw at random) → TwoLayerNetwork → Pool → Selection →
RateEstimate → Verdict. Throughout, m is the number of data points, d their dimension, N the number
of neurons in a pool and n the number in a subnetwork.
"""

from theory import guarantees, rules
from theory.errors import Diverged, InvalidInput, SubnetsError
from theory.geometry import (
    Geometry,
    HullProjection,
    Membership,
    RadiusBracket,
    examine,
    inscribed_radius,
    nearest_point,
)
from theory.network import TwoLayerNetwork, random_network
from theory.pool import Pool
from theory.problem import Problem, Teacher, teacher_problem
from theory.rates import (
    Interval,
    MeanEstimate,
    RateEstimate,
    crossing,
    crossing_estimate,
    fit_rate,
    mean_estimate,
)
from theory.selection import Selection
from theory.training import Training, Trajectory, descend, train
from theory.verdict import (
    Outcome,
    Verdict,
    judge_below,
    judge_guarantee,
    judge_in_mean,
    judge_rate,
    judge_within,
)

__all__ = [
    "Diverged",
    "Geometry",
    "HullProjection",
    "Interval",
    "InvalidInput",
    "MeanEstimate",
    "Membership",
    "Outcome",
    "Pool",
    "Problem",
    "RadiusBracket",
    "RateEstimate",
    "Selection",
    "SubnetsError",
    "Teacher",
    "Training",
    "Trajectory",
    "TwoLayerNetwork",
    "Verdict",
    "crossing",
    "crossing_estimate",
    "descend",
    "examine",
    "fit_rate",
    "guarantees",
    "inscribed_radius",
    "judge_below",
    "judge_guarantee",
    "judge_in_mean",
    "judge_rate",
    "judge_within",
    "mean_estimate",
    "nearest_point",
    "random_network",
    "rules",
    "teacher_problem",
    "train",
]
