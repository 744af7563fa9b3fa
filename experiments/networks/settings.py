"""How networks are trained and pruned: plain settings, which need no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from theory import InvalidInput
from theory.errors import check_count, check_positive

NEEDED = ("torch", "torch_pruning", "pytorchcv")
"""modules that the extra `deep` brings"""


@dataclass(frozen=True)
class Schedule:
    """Stochastic gradient descent with Nesterov momentum, the rate rising, then falling to 0.

    Gradients are cut to a norm of 5.
    """

    steps: int = 400
    """mini-batches"""
    batch: int = 64
    """images in a mini-batch"""
    rate: float = 0.05
    """the largest learning rate"""
    shift: int = 2
    """pixels by which images are moved about at random"""
    flip: bool = False
    """mirror half of the images"""

    def __post_init__(self) -> None:
        check_count("steps", self.steps, least=0)
        check_count("batch", self.batch, least=2)
        check_positive("rate", self.rate)
        check_count("shift", self.shift, least=0)


@dataclass(frozen=True)
class Training(Schedule):
    """The schedule by which a network is trained at first, and where all of its job runs."""

    device: str = "cpu"
    """cpu, or cuda for a graphics card"""


@dataclass(frozen=True)
class Pruning:
    """How a network is pruned, layer by layer, from its inputs to its outputs."""

    method: str = "optimised"
    """optimised, a selection rule, task_loss, largest_l1, random or uniform"""
    flops: float = 0.5
    """the share of its FLOPs that the network may keep"""
    images: int = 256
    """training images on which channels are selected"""
    batch: int = 64
    """images looked at together; of task_loss, one mini-batch"""
    candidates: int = 16
    """of task_loss: channels tried at every step"""
    tolerance: float | None = None
    """of task_loss: stop a layer when the loss is at most this above the network's own"""

    def __post_init__(self) -> None:
        if not 0 < self.flops <= 1:
            raise InvalidInput(f"flops is {self.flops}; it must be a share above 0, at most 1")
        check_count("images", self.images, least=2)
        check_count("batch", self.batch, least=2)
        check_count("candidates", self.candidates)
        if self.tolerance is not None and not math.isfinite(self.tolerance):
            raise InvalidInput(f"tolerance is {self.tolerance}; it must be a finite number")
