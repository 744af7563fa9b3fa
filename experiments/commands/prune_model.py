"""prune-model: the whole job for one deep network, from weights to a smaller network in a file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from tqdm import tqdm

from experiments.commands.options import UNPREFIXED, check_writable
from experiments.engine.experiment import check_installed
from experiments.networks.settings import NEEDED, Pruning, Schedule, Training
from theory import InvalidInput
from theory.errors import check_count

if TYPE_CHECKING:
    from torch import nn

    from experiments.networks.images import Images
    from experiments.networks.training import Score
    from theory.layers import PrunedLayer


@dataclass(frozen=True)
class PruneModel:
    """Train a network or take its weights from a file, prune it to a share of its FLOPs, fine-tune.

    What is done is kept beside OUT after every layer; the same command goes on after an
    interruption.
    """

    architecture: tyro.conf.Positional[str]
    """resnet20, resnet34, resnet50, mobilenetv2, mobilenetv3, proxylessnas, or pytorchcv's names"""
    out: Path
    """file for the pruned network"""
    data: str = "digits"
    """digits; a folder of CIFAR's binary files; a folder of pictures, one folder a class"""
    side: int | None = None
    """pixels of a square image (default: 32, of pictures 224)"""
    checkpoint: Path | None = None
    """file with a state_dict; without one the network is trained first"""
    tuning: Schedule = field(default_factory=lambda: Schedule(steps=100, rate=0.02))
    """fine-tuning afterwards; 0 steps for none"""
    seed: int = 0
    """of weights, mini-batches and methods that draw"""
    pruning: Annotated[Pruning, UNPREFIXED] = field(default_factory=Pruning)
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        check_count("seed", self.seed, least=0, most=2**63 - 1)

    @property
    def partial(self) -> Path:
        """Where the job is kept while it is under way."""
        return self.out.with_name(self.out.name + ".partial")


def prune_model(args: list[str]) -> None:
    """Parse, do what is left of the job, print what came out."""
    options = tyro.cli(PruneModel, args=args, prog="subnets prune-model")
    check_installed("prune-model", NEEDED)
    if options.out.is_dir():
        raise InvalidInput(f"out is {options.out}, which is a folder; name a file")
    if options.out.exists():
        raise InvalidInput(f"out is {options.out}, which exists; name another file, or delete it")
    check_writable(options.out.parent)
    from theory.errors import check_choice
    from theory.layers import METHODS

    check_choice("method", options.pruning.method, METHODS)
    _Job(options).run()


class _Job:
    """One network on its way; every step prints what it found."""

    def __init__(self, options: PruneModel) -> None:
        from experiments.networks.architectures import build
        from experiments.networks.images import open_images
        from experiments.networks.pruning import costs

        self.options = options
        self.images: Images = open_images(options.data, options.side)
        self.about = {
            "architecture": options.architecture,
            "classes": self.images.classes,
            "side": self.images.side,
            "settings": _plain(options),
        }
        self.model: nn.Module = build(options.architecture, self.images.classes, options.seed)
        self.layers: list[PrunedLayer] = []
        costs(self.model, self.images.example)[2].budget(options.pruning.flops)

    def run(self) -> None:
        """Train, prune, fine-tune, save."""
        from experiments.networks.pruning import recalibrate

        print(
            f"{self.options.architecture} on {self.options.data}, {self.images.classes} classes, "
            f"{self.images.side} × {self.images.side}; {self.options.pruning.method}, to "
            f"{self.options.pruning.flops:.0%} of its FLOPs"
        )
        dense = self._trained()
        before = self._shown("trained", dense, self.images.test)
        found, batches = self._planned(dense)
        self._prune(dense, found, batches)
        recalibrate(self.model, batches)
        after = self._shown("pruned", self.model, self.images.test)
        tuned = after
        if self.options.tuning.steps:
            self._fit(self.model, self.options.tuning, "fine-tuning")
            tuned = self._shown("fine-tuned", self.model, self.images.test)
        self._finish(before, after, tuned)

    def _trained(self) -> nn.Module:
        """The network that is to be pruned; where a job was begun, from its file."""
        import copy

        from experiments.networks.architectures import fill, load_checkpoint
        from experiments.networks.files import read_pruned, save_pruned
        from experiments.networks.training import on_device

        options, device = self.options, self.options.training.device
        if options.partial.exists():
            content = read_pruned(options.partial)
            if content["about"] != self.about:
                raise InvalidInput(
                    f"out is {options.out}, of which {options.partial} is a job with other "
                    "settings; delete that file, or give it the settings that it had"
                )
            fill(self.model, content["trained"], str(options.partial))
            self.layers = content["layers"]
            dense = on_device(self.model, device)
            self.model = on_device(content["model"], device)
            print(f"going on with {options.partial}: {len(self.layers)} layers are done")
            return dense
        if options.checkpoint is not None:
            load_checkpoint(self.model, options.checkpoint)
        on_device(self.model, device)
        if options.checkpoint is None:
            self._fit(self.model, options.training, "training")
        save_pruned(options.partial, self.model, [], self.about, self.model.state_dict())
        return copy.deepcopy(self.model).eval()

    def _fit(self, model: nn.Module, schedule: Schedule, label: str) -> None:
        from experiments.networks.training import fit

        with tqdm(total=schedule.steps, desc=label, leave=False, disable=None) as bar:
            fit(model, self.images, schedule, self.options.seed, lambda _: bar.update())

    def _planned(self, dense: nn.Module) -> tuple[Any, Any]:
        from experiments.networks.images import first
        from experiments.networks.pruning import plan

        pruning = self.options.pruning
        batches = first(self.images.train, pruning.images, pruning.batch, self.options.seed)
        return plan(dense, batches), batches

    def _prune(self, dense: nn.Module, found: Any, batches: Any) -> None:
        from experiments.networks.files import save_pruned
        from experiments.networks.pruning import prune

        start = self.model if self.layers else dense
        with tqdm(
            total=len(found.layers),
            initial=len(self.layers),
            desc="pruning",
            leave=False,
            disable=None,
        ) as bar:

            def keep(model: nn.Module, layer: PrunedLayer) -> None:
                self.layers.append(layer)
                save_pruned(
                    self.options.partial, model, self.layers, self.about, dense.state_dict()
                )
                bar.update()

            self.model, _ = prune(
                start, batches, found, self.options.pruning, self.options.seed,
                done=tuple(self.layers), after_each=keep,
            )  # fmt: skip

    def _shown(self, what: str, model: nn.Module, data: Any) -> Score:
        from experiments.networks.training import score
        from theory.layers import count_flops, count_parameters

        found = score(model, data)
        like = next(model.parameters())
        flops = count_flops(model, self.images.example.to(like.device))
        print(
            f"  {what:10}  accuracy {found.accuracy:7.2%}  cross-entropy {found.loss:6.3f}  "
            f"{flops / 1e6:8.2f} MFLOPs  {count_parameters(model) / 1e6:6.3f} M parameters",
            flush=True,
        )
        return found

    def _finish(self, before: Score, after: Score, tuned: Score) -> None:
        """Write the network, print what was done to its layers."""
        from experiments.networks.files import save_pruned

        scores = {"trained": asdict(before), "pruned": asdict(after), "fine-tuned": asdict(tuned)}
        save_pruned(self.options.out, self.model, self.layers, self.about | {"scores": scores})
        self.options.partial.unlink(missing_ok=True)
        width = max(len(layer.layer) for layer in self.layers)
        print(f"\n  {'layer':{width}}  channels      change      bound")
        for layer in self.layers:
            bound = "–" if layer.bound is None else f"{layer.bound / (layer.power or 1):.2%}"
            print(
                f"  {layer.layer:{width}}  {layer.before:4} → {layer.after:4}"
                f"  {layer.change:8.2%}  {bound:>9}"
            )
        off = max(layer.off_prediction for layer in self.layers)
        print(
            "\n  change: of the next layer's output, half mean square, relative to its size; the "
            f"smaller layers\n  compute what the selection says, to {off:.0e}\n"
            f"\n  network  {self.options.out}  (experiments.networks.files.load_pruned reads it)"
        )


def _plain(options: PruneModel) -> dict[str, Any]:
    """The settings that decide the result."""
    plain = asdict(options)
    del plain["out"]
    plain["checkpoint"] = None if options.checkpoint is None else str(options.checkpoint)
    return plain
