"""Every layer of a deep network is a pool: what the theory promises for it, and what comes out.

One network of every family is trained for a short while and pruned to half of its FLOPs, by equal
and by optimised weights. Every layer's change is compared with its bound (target_in_hull: a layer's
own output is the mean of its atoms), the smaller network's outputs with what the selection says,
and its FLOPs, counted by torch, with those that were planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

import figures.layers
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from experiments.networks.settings import NEEDED, Pruning, Training
from theory import InvalidInput, Outcome, Verdict

_OFF = 1e-5  # largest deviation from the prediction, relative: networks compute in float32


@dataclass(frozen=True)
class Config(experiment.Config):
    """One network of every family, layer by layer."""

    replicates: int = 1
    """trainings"""
    block: int = 1
    """replicates computed together"""
    networks: tuple[str, ...] = (
        "resnet20", "resnet34", "resnet50", "mobilenetv2", "mobilenetv3", "proxylessnas"
    )  # fmt: skip
    """architectures, by pytorchcv's names or short ones"""
    methods: tuple[str, ...] = ("greedy_forward", "optimised")
    """ways to choose of which the bound speaks"""
    data: str = "digits"
    """digits, or a folder of images"""
    training: Training = field(default_factory=lambda: Training(steps=40))
    pruning: Pruning = field(default_factory=lambda: Pruning(images=128))

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, values in (("networks", self.networks), ("methods", self.methods)):
            if not values:
                raise InvalidInput(f"{name} is empty; give at least one")


def run(config: Config, replicates: range, network: str) -> pd.DataFrame:
    """Rows of one network, a row a layer and method."""
    import torch

    torch.set_num_threads(1)
    return pd.DataFrame([row for r in replicates for row in _one(config, network, r)])


def _one(config: Config, network: str, replicate: int) -> Iterator[dict[str, Any]]:
    from experiments.networks.pruning import prune, trained
    from theory.layers import count_flops

    seeds = stream(config.seed, "layers", replicate=replicate).integers(2**31, size=3).tolist()
    start = trained(network, config.data, config.training, config.pruning, seeds)
    found, example = start.plan, start.images.example.to(config.training.device)
    for method in config.methods:
        pruning = replace(config.pruning, method=method)
        pruned, layers = prune(start.model, start.batches, found, pruning, seeds[2])
        whole = {
            "network": network,
            "replicate": replicate,
            "method": method,
            "flops": found.costs.total,
            "planned": found.costs.flops({layer.layer: layer.after for layer in layers}),
            "counted": count_flops(pruned, example),
        }
        for place, layer in enumerate(layers):
            yield whole | {"place": place} | asdict(layer)


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """For every network: the bound, the prediction, the FLOPs."""
    verdicts = []
    for network in config.networks:
        rows = table[table["network"] == network]
        bounded = rows.dropna(subset="bound")
        slack = (bounded["bound"] / bounded["loss"].clip(lower=1e-300)).min()
        verdicts.append(
            _told(
                f"{network}: L ≤ V/(2n) in every layer",
                slack >= 1,
                "slack ≥ 1",
                float(slack),
                f"least slack {slack:.3g} over {len(bounded)} prunings of layers",
            )
        )
        off = float(rows["off_prediction"].max())
        verdicts.append(
            _told(
                f"{network}: the smaller network's layers compute what the selection says",
                off <= _OFF,
                f"off by ≤ {_OFF:.0e}",
                None,
                f"off by {off:.1e} at most",
            )
        )
        share = (rows["counted"] / rows["flops"]).max()
        same = bool((rows["counted"] == rows["planned"]).all())
        verdicts.append(
            _told(
                f"{network}: FLOPs as planned, and within the budget",
                same and share <= config.pruning.flops,
                f"planned = counted, ≤ {config.pruning.flops:.0%}",
                None,
                f"{'the same' if same else 'not the same'} numbers, {share:.2%} at most",
            )
        )
    return verdicts


def _told(claim: str, holds: bool, predicted: str, measured: float | None, found: str) -> Verdict:
    outcome = Outcome.HOLDS if holds else Outcome.FAILS
    return Verdict(claim, outcome, predicted, measured, None, f"{found}.", found=found)


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Every layer's change against its bound."""
    del config
    return figures.layers.draw(table)


EXPERIMENT = Experiment(
    name="layers",
    title="Layers of deep networks as pools",
    presets={
        "quick": replace(
            Config(),
            networks=("resnet20", "mobilenetv2_wd4", "mobilenetv3_small_w7d20"),
            training=Training(steps=10),
            pruning=Pruning(images=64),
        ),
        "paper": Config(),
    },
    parts=lambda config: list(config.networks),
    run=run,
    order=("network", "method", "place", "replicate"),
    judge=judge,
    draw=draw,
    required=("loss", "measured", "off_prediction"),
    needs=NEEDED,
)
