"""Deep networks: greedily chosen channels against the field's baselines, fine-tuned or re-trained.

A network is trained, pruned to a share of its FLOPs by each method, layer after layer, and
fine-tuned; all methods leave the same number of channels in every layer (but `uniform`, which
leaves the same share of them), keep the means of its outputs, and have their batch normalisation
measured anew, so that only the choice and its weights differ. The smaller network that greedy
selection with optimised weights leaves is also trained again from fresh weights, as long as it was
fine-tuned and as long as the network was trained: claim C6 of the paper, where it was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.deep
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from experiments.networks.settings import NEEDED, Pruning, Schedule, Training
from theory import InvalidInput, Verdict, judge_within, mean_estimate

if TYPE_CHECKING:
    from torch import nn

    from experiments.networks.images import Images

OURS = "optimised"
_JUDGED = ("largest_l1", "random", "greedy_forward")


@dataclass(frozen=True)
class Config(experiment.Config):
    """Deep networks pruned by every method."""

    replicates: int = 3
    """trainings, each from other weights; the images are the same"""
    block: int = 1
    """replicates computed together"""
    networks: tuple[str, ...] = ("resnet20", "mobilenetv2_wd4")
    """architectures, by pytorchcv's names or short ones"""
    data: str = "digits"
    """digits, or a folder of images"""
    flops: tuple[float, ...] = (0.5, 0.25)
    """shares of its FLOPs that a network keeps"""
    methods: tuple[str, ...] = (
        OURS, "greedy_imitation", "greedy_forward", "task_loss", "largest_l1", "random", "uniform"
    )  # fmt: skip
    """ways to choose; optimised is always among them"""
    tuning: Schedule = field(default_factory=lambda: Schedule(steps=60, rate=0.02))
    """of pruned networks; re-training takes as many steps, at the rate of training"""
    training: Training = field(default_factory=lambda: Training(steps=300))
    pruning: Pruning = field(default_factory=lambda: Pruning(images=128, batch=32, candidates=8))

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, values in (("networks", self.networks), ("flops", self.flops)):
            if not values:
                raise InvalidInput(f"{name} is empty; give at least one")
        for share in self.flops:
            replace(self.pruning, flops=share)
        if OURS not in self.methods:
            raise InvalidInput(f"methods is {self.methods}; {OURS} must be among them")

    def pruned(self, method: str, share: float) -> Pruning:
        """How one method prunes to one share."""
        return replace(self.pruning, method=method, flops=share)


def run(config: Config, replicates: range, network: str) -> pd.DataFrame:
    """Rows of one network, a row a measurement of it or of a pruned one."""
    import torch

    torch.set_num_threads(1)
    rows = [row for r in replicates for row in _one(config, network, r)]
    return pd.DataFrame(rows)


def _one(config: Config, network: str, replicate: int) -> Iterator[dict[str, Any]]:
    from experiments.networks.pruning import prune, recalibrate, trained

    seeds = stream(config.seed, "deep", replicate=replicate).integers(2**31, size=3).tolist()
    start = trained(network, config.data, config.training, config.pruning, seeds)
    images, dense, batches, found = start.images, start.model, start.batches, start.plan
    about = {"network": network, "replicate": replicate}
    full = _measured(dense, images)
    yield about | {"method": "none", "state": "trained", "share": 1.0, "steps": 0} | full
    for share in config.flops:
        for method in config.methods:
            pruning = config.pruned(method, share)
            pruned, layers = prune(dense, batches, found, pruning, seeds[2])
            planned = found.costs.flops({layer.layer: layer.after for layer in layers})
            here = about | {"method": method, "share": share, "planned": planned}
            here |= {"error": float(np.mean([layer.change for layer in layers]))}
            recalibrate(pruned, batches)
            yield here | {"state": "pruned", "steps": 0} | _measured(pruned, images)
            lengths = [config.tuning.steps]
            if method == OURS:
                lengths.append(config.training.steps)
            for steps in dict.fromkeys(lengths):
                schedule = replace(config.tuning, steps=steps)
                tuned = _trained(pruned, images, schedule, seeds[1])
                yield here | {"state": "fine-tuned", "steps": steps} | tuned
                if method == OURS:
                    schedule = replace(config.training, steps=steps)
                    again = _trained(_fresh(pruned, seeds[0] + 1), images, schedule, seeds[1])
                    yield here | {"state": "re-trained", "steps": steps} | again


def _trained(model: nn.Module, images: Images, schedule: Schedule, seed: int) -> dict[str, Any]:
    import copy

    from experiments.networks.training import fit

    model = copy.deepcopy(model)
    fit(model, images, schedule, seed)
    return _measured(model, images)


def _fresh(model: nn.Module, seed: int) -> nn.Module:
    """The same smaller architecture with weights drawn anew, as its layers draw them."""
    import copy

    import torch

    model = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in model.modules():
            reset = getattr(module, "reset_parameters", None)
            if reset is not None:
                reset()
    return model


def _measured(model: nn.Module, images: Images) -> dict[str, Any]:
    from experiments.networks.training import score
    from theory.layers import count_flops, count_parameters

    example = images.example.to(next(model.parameters()).device)
    return asdict(score(model, images.test)) | {
        "flops": count_flops(model, example),
        "parameters": count_parameters(model),
    }


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """Is greedy imitation more accurate than the others, and fine-tuning than re-training?"""
    verdicts = []
    for network in config.networks:
        rows = table[table["network"] == network]
        for share in config.flops:
            here = rows[rows["share"] == share]
            where = f"{network} at {share:.0%} of its FLOPs"
            for state in ("pruned", "fine-tuned"):
                part = here[(here["state"] == state) & here["steps"].isin([0, config.tuning.steps])]
                wide = part.pivot(index="replicate", columns="method", values="accuracy")
                for other in _JUDGED:
                    if other in wide:
                        claim = f"{where}, {state}: {OURS} better than {other}"
                        verdicts.append(_better(claim, wide[OURS] - wide[other]))
            for steps in sorted({config.tuning.steps, config.training.steps}):
                part = here[(here["method"] == OURS) & (here["steps"] == steps)]
                wide = part.pivot(index="replicate", columns="state", values="accuracy")
                claim = f"C6: {where}, {steps} steps: fine-tuned better than re-trained"
                verdicts.append(_better(claim, wide["fine-tuned"] - wide["re-trained"]))
    return verdicts


def _better(claim: str, difference: pd.Series) -> Verdict:
    points = mean_estimate(100 * difference.to_numpy(float))
    tiny = np.nextafter(0, 1)
    return judge_within(claim, points, (tiny, np.inf), predicted="above 0 points")


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Test accuracy against FLOPs, before and after fine-tuning, and re-trained."""
    return figures.deep.draw(table, config.tuning.steps, config.training.steps)


EXPERIMENT = Experiment(
    name="deep",
    title="Deep networks, pruned by every method",
    presets={
        "quick": replace(
            Config(),
            networks=("mobilenetv2_wd4",),
            flops=(0.5,),
            methods=(OURS, "largest_l1", "random"),
            tuning=Schedule(steps=20, rate=0.02),
            training=Training(steps=100),
            pruning=Pruning(images=64, batch=32),
        ),
        "paper": Config(),
    },
    parts=lambda config: list(config.networks),
    run=run,
    order=("network", "share", "method", "state", "steps", "replicate"),
    judge=judge,
    draw=draw,
    required=("accuracy", "loss"),
    needs=NEEDED,
)
