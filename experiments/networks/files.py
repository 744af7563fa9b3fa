"""Pruned networks in files: plain values and tensors, so that reading one runs no code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from experiments.networks.architectures import build, fill, read_weights
from figures.files import replacing
from theory import InvalidInput
from theory.layers import PrunedLayer, take_out

_FORMAT = "goodsubnets pruned network 1"


def save_pruned(
    path: Path,
    model: nn.Module,
    layers: Sequence[PrunedLayer],
    about: Mapping[str, Any],
    trained: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write a pruned network, whole or not at all.

    `about` has at least its architecture, classes and side; `trained` are the weights that it had
    before, for a job that is to go on.
    """
    content = {
        "format": _FORMAT,
        "about": dict(about),
        "layers": [asdict(layer) for layer in layers],
        "state": _on_cpu(model.state_dict()),
        "trained": None if trained is None else _on_cpu(trained),
    }
    with replacing(path) as scratch:
        torch.save(content, scratch)


def _on_cpu(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu() for name, value in state.items()}


def read_pruned(path: Path) -> dict[str, Any]:
    """What `save_pruned` wrote, with the network under "model" and records under "layers".

    Raises `InvalidInput` if the file holds something else.
    """
    content = read_weights(path)
    if not (
        isinstance(content, dict)
        and content.get("format") == _FORMAT
        and content.keys() >= {"about", "layers", "state", "trained"}
    ):
        raise InvalidInput(f"{path} holds no network that `subnets prune-model` wrote")
    about = content["about"]
    layers = [PrunedLayer(**layer) for layer in content["layers"]]
    model = build(about["architecture"], about["classes"], seed=0)
    example = torch.zeros(1, 3, about["side"], about["side"])
    for layer in layers:
        if layer.after < layer.before:
            take_out(model, layer.layer, list(range(layer.after, layer.before)), example)
    _with_biases(model, content["state"])
    fill(model, content["state"], str(path))
    return content | {"model": model.eval(), "layers": layers}


def _with_biases(model: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Give layers the biases that pruning gave them."""
    for name, value in state.items():
        owner, _, last = name.rpartition(".")
        if last == "bias" and model.get_submodule(owner).bias is None:
            model.get_submodule(owner).bias = nn.Parameter(torch.zeros_like(value))


def load_pruned(path: str | Path) -> nn.Module:
    """The network in a file that `subnets prune-model` wrote, ready to run on images (B, 3, ·, ·).

    Raises `InvalidInput` if the file holds something else.
    """
    model = read_pruned(Path(path))["model"]
    assert isinstance(model, nn.Module)
    return model
