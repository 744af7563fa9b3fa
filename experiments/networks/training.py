"""Training a network for a number of mini-batches, and testing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from experiments.networks.images import Images, Labelled, forever, length
from experiments.networks.settings import Schedule
from theory import Diverged, InvalidInput

_MOMENTUM, _DECAY, _WARM_UP = 0.9, 5e-4, 0.2
_LONGEST = 5.0  # norm of a gradient; longer ones are scaled down to it


def on_device(model: nn.Module, device: str) -> nn.Module:
    """The model where it is to run. Raises `InvalidInput` if there is no such device."""
    try:
        return model.to(device)
    except (RuntimeError, AssertionError) as error:
        reason = " ".join(str(error).split())[:100]
        raise InvalidInput(f"device is {device!r}, which cannot be used ({reason})") from None


def fit(
    model: nn.Module,
    images: Images,
    schedule: Schedule,
    seed: int,
    tick: Callable[[int], object] = lambda _: None,
) -> None:
    """Train `model`, where it is, by cross-entropy. Raises `Diverged` if the loss is not finite."""
    if schedule.steps == 0:
        return
    device = next(model.parameters()).device
    model.train()
    optimiser = torch.optim.SGD(
        model.parameters(), schedule.rate, _MOMENTUM, weight_decay=_DECAY, nesterov=True
    )
    # With one step to warm up, which is a fifth of five, OneCycleLR would divide by 0.
    warm_up = _WARM_UP if schedule.steps * _WARM_UP != 1 else 2 * _WARM_UP
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.rate, schedule.steps, pct_start=warm_up
    )
    random = torch.Generator().manual_seed(seed)
    batches = forever(images.train, schedule.batch, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # of dropout
        for step in range(schedule.steps):
            inputs, labels = next(batches)
            inputs = _moved(inputs, schedule, random).to(device)
            loss = functional.cross_entropy(model(inputs), labels.to(device))
            if not bool(loss.isfinite()):
                raise Diverged(
                    f"training diverged at step {step + 1} of {schedule.steps}; try a rate below "
                    f"{schedule.rate:g}"
                )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            # A pruned network's first steps may be far too long: some of its weights are large.
            nn.utils.clip_grad_norm_(model.parameters(), _LONGEST)
            optimiser.step()
            rates.step()
            tick(step + 1)
    model.eval()


def _moved(inputs: Tensor, schedule: Schedule, random: torch.Generator) -> Tensor:
    """Every image shifted by up to `shift` pixels, and flipped or not."""
    if schedule.shift:
        most, side = schedule.shift, inputs.shape[-1]
        padded = functional.pad(inputs, [most] * 4)
        offsets = torch.randint(2 * most + 1, (2, len(inputs)), generator=random)
        rows, columns = offsets[:, :, None] + torch.arange(side)
        image = torch.arange(len(inputs))[:, None, None]
        inputs = padded.movedim(1, 3)[image, rows[:, :, None], columns[:, None]].movedim(3, 1)
    if schedule.flip:
        mirrored = torch.rand(len(inputs), generator=random) < 0.5
        inputs = torch.where(mirrored[:, None, None, None], inputs.flip(3), inputs)
    return inputs


@dataclass(frozen=True)
class Score:
    """How a network does on labelled images."""

    accuracy: float
    """share of the images that are classified rightly"""
    loss: float
    """mean cross-entropy"""


def score(model: nn.Module, data: Labelled, batch: int = 256) -> Score:
    """Test `model` on all of `data`."""
    device = next(model.parameters()).device
    right = total = 0.0
    model.eval()
    with torch.no_grad():
        for inputs, labels in DataLoader(data, batch):
            outputs = model(inputs.to(device)).double()
            labels = labels.to(device)
            right += float((outputs.argmax(1) == labels).sum())
            total += float(functional.cross_entropy(outputs, labels, reduction="sum"))
    return Score(right / length(data), total / length(data))
