"""Architectures by name, from pytorchcv, for images of any size; weights from a file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pytorchcv import model_provider
from torch import Tensor, nn

from theory import InvalidInput
from theory.errors import check_count

SHORT = {
    "resnet20": "resnet20_cifar10",
    "resnet56": "resnet56_cifar10",
    "mobilenetv2": "mobilenetv2_w1",
    "mobilenetv3": "mobilenetv3_large_w1",
    "proxylessnas": "proxylessnas_mobile",
}
"""short names for what pytorchcv calls otherwise; its own names (mobilenetv2_wd4, …) work too"""


def build(architecture: str, classes: int, seed: int) -> nn.Module:
    """The architecture with fresh weights.

    Raises `InvalidInput` for a name that neither `SHORT` nor pytorchcv knows.
    """
    name = SHORT.get(architecture, architecture)
    known = model_provider._models
    if name not in known:
        near = difflib.get_close_matches(name, [*SHORT, *known], n=3)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        raise InvalidInput(
            f"architecture is {architecture!r}; {hint}give {', '.join(SHORT)}, or a name of "
            "pytorchcv's (resnet50; mobilenetv2_wd4, a quarter as wide)"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(check_count("seed", seed, least=0))
        model: nn.Module = model_provider.get_model(
            name, pretrained=False, num_classes=check_count("classes", classes)
        )
    features = getattr(model, "features", None)
    if isinstance(features, nn.Module) and isinstance(
        getattr(features, "final_pool", None), nn.AvgPool2d
    ):
        features.final_pool = nn.AdaptiveAvgPool2d(1)  # the same pool, at any size of image
    return model


def read_weights(path: Path) -> Any:
    """What a file of torch's holds, tensors and plain values only: no code is run.

    Raises `InvalidInput` if it cannot be read so.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InvalidInput(f"{path} does not exist; give a file that torch.save wrote") from None
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise InvalidInput(
            f"{path} cannot be read as weights ({reason}); save a state_dict with torch.save"
        ) from None


def load_checkpoint(model: nn.Module, path: Path) -> None:
    """Fill `model` with the weights of a file, a state_dict or one under "state_dict".

    Raises `InvalidInput` if they do not fit, or are not finite.
    """
    found = read_weights(path)
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in found.items()
    ):
        raise InvalidInput(f"{path} holds no state_dict; save one with torch.save")
    fill(model, found, str(path))


def fill(model: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Fill `model` with weights, or leave it as it is and raise `InvalidInput`."""
    own = model.state_dict()
    state = {name.removeprefix("module."): value for name, value in state.items()}
    for name in sorted({*own, *state}):
        if name not in state or name not in own:
            where = "lacks" if name not in state else "has, and the architecture has not,"
            raise InvalidInput(f"{source} {where} {name!r}; is it for another architecture?")
        if own[name].shape != state[name].shape:
            raise InvalidInput(
                f"{source} has {name!r} of shape {tuple(state[name].shape)}; the architecture's "
                f"is {tuple(own[name].shape)} (another width, or another number of classes?)"
            )
        if not bool(state[name].isfinite().all()):
            raise InvalidInput(f"{source} has entries of {name!r} that are not finite")
    model.load_state_dict(state)
