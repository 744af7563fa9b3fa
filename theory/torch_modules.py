"""A user's own two-layer `nn.Module` as a pool, and a selection from it as a module again.

A module Linear → activation → Linear, with N hidden neurons h_i(x), second-layer columns v_i in R^k
and bias c, computes c + Σ_i v_i h_i(x). As a mean of N atoms that is

    f = (1/N) Σ_i φ_i,      φ_i(x) = c + N·v_i·h_i(x),

so the pool's atoms live in R^{m·k} (m data points, k outputs), and weights α on the simplex give
the module with the chosen neurons, merged, and columns N·α_i·v_i.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from theory.errors import Floats, InvalidInput, check_array
from theory.pool import Pool


@dataclass(frozen=True, eq=False)
class ModulePool:
    """The hidden neurons of a module as a pool, and the way back."""

    module: nn.Module
    """a copy of the user's, in evaluation mode"""
    pool: Pool
    first: str
    """the name of the layer whose outputs are the neurons"""
    second: str
    """the name of the layer that adds them up"""

    def subnetwork(self, weights: ArrayLike) -> nn.Module:
        """The module with the neurons that `weights` (N,), on the simplex, make positive.

        It is a copy of the user's module in which the two layers are smaller; it computes what the
        selection computes, and can be trained on.
        """
        alpha = check_array("weights", weights, (self.pool.size,))
        if alpha.min() < 0 or abs(float(alpha.sum()) - 1) > 1e-9:
            raise InvalidInput(
                f"weights must be at least 0 and add up to 1; their least is {alpha.min():g} and "
                f"their sum {alpha.sum():g}"
            )
        kept = np.flatnonzero(alpha)
        index = torch.from_numpy(kept)
        pruned = copy.deepcopy(self.module)
        first, second = (_linear(pruned, name) for name in (self.first, self.second))
        index = index.to(first.weight.device)
        with torch.no_grad():
            first.weight = nn.Parameter(first.weight[index].clone())
            if first.bias is not None:
                first.bias = nn.Parameter(first.bias[index].clone())
            shares = torch.from_numpy(self.pool.size * alpha[kept]).to(second.weight)
            second.weight = nn.Parameter(second.weight[:, index] * shares)
        first.out_features = second.in_features = len(kept)
        return pruned


def from_torch(
    module: nn.Module, inputs: Tensor, target: Tensor | ArrayLike | None = None
) -> ModulePool:
    """The hidden neurons of `module` on `inputs` (m, d) as a pool.

    `target` (m,) or (m, k) is what the module should compute; without it, what it does compute, so
    that a selection imitates the module. The pool's loss is half the mean squared error over all
    m·k outputs. The module must have exactly two `Linear` layers, applied one after the other with
    an activation between that acts on every neuron alone; it is copied, and left as it is.

    Raises `InvalidInput` where the module is not of this form, or its outputs are not finite.
    """
    layers = [name for name, layer in module.named_modules() if isinstance(layer, nn.Linear)]
    if len(layers) != 2:
        raise InvalidInput(f"module has {len(layers)} Linear layers; a two-layer network has two")
    module = copy.deepcopy(module).eval()
    seen = _Seen(module, *layers)
    outputs = seen.run(inputs)
    if not bool(outputs.isfinite().all()):
        raise InvalidInput("module has outputs that are not finite; look at its weights and inputs")
    first, second = layers if seen.order == layers else layers[::-1]
    hidden, last = seen.inputs[second], _linear(module, second)
    _check_form(seen, inputs, outputs, first, second)

    units = hidden.detach().cpu().to(torch.float64).numpy()  # (m, N)
    columns = last.weight.detach().cpu().to(torch.float64).numpy()  # (k, N)
    bias = np.zeros(len(columns))
    if last.bias is not None:
        bias = last.bias.detach().cpu().to(torch.float64).numpy()
    size = units.shape[1]
    atoms = bias + size * units.T[:, :, None] * columns.T[:, None, :]  # (N, m, k)
    wanted = outputs if target is None else target
    return ModulePool(
        module, Pool(atoms.reshape(size, -1), _target(wanted, outputs.shape)), first, second
    )


class _Seen:
    """What passes through the two layers when the module runs, and in which order."""

    def __init__(self, module: nn.Module, *layers: str) -> None:
        self.module = module
        self.order: list[str] = []
        self.inputs: dict[str, Tensor] = {}
        self.outputs: dict[str, Tensor] = {}
        self.silenced: tuple[str, Tensor] | None = None  # a layer, and which of its outputs are 0
        for name in layers:
            _linear(module, name).register_forward_hook(self._hook(name))

    def _hook(self, name: str):  # type: ignore[no-untyped-def]
        def keep(_: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> Tensor:
            self.order.append(name)
            if self.silenced is not None and self.silenced[0] == name:
                output = output.masked_fill(self.silenced[1], 0.0)
            self.inputs[name], self.outputs[name] = arguments[0], output
            return output

        return keep

    def run(self, inputs: Tensor) -> Tensor:
        self.order.clear()
        with torch.no_grad():
            outputs = self.module(inputs)
        if not isinstance(outputs, Tensor):
            raise InvalidInput(f"module returns {type(outputs).__name__}; it must return a tensor")
        return outputs


def _check_form(seen: _Seen, inputs: Tensor, outputs: Tensor, first: str, second: str) -> None:
    if seen.order != [first, second] or seen.inputs[second].ndim != 2:
        raise InvalidInput(
            f"module applies its layers in the order {seen.order} to {tuple(inputs.shape)} inputs; "
            "it must apply each once, to inputs of shape (m, d)"
        )
    hidden, values = seen.inputs[second].clone(), seen.outputs[second].clone()
    if hidden.shape != seen.outputs[first].shape or not torch.equal(
        values.flatten(), outputs.flatten()
    ):
        raise InvalidInput(
            f"module does more after layer {second!r} than to add up the neurons; its output must "
            "be that layer's"
        )
    silent = torch.arange(hidden.shape[1], device=hidden.device) % 2 == 0
    seen.silenced = (first, silent)
    seen.run(inputs)
    seen.silenced = None
    if not torch.equal(seen.inputs[second][:, ~silent], hidden[:, ~silent]):
        raise InvalidInput(
            f"module mixes its neurons between the layers {first!r} and {second!r}; what stands "
            "between must act on every neuron alone (no normalisation, no softmax)"
        )


def _linear(module: nn.Module, name: str) -> nn.Linear:
    layer = module.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    return layer


def _target(target: Tensor | ArrayLike, shape: torch.Size) -> Floats:
    """(m·k,)"""
    if isinstance(target, Tensor):
        target = target.detach().cpu().to(torch.float64).numpy()
    array = np.asarray(target)
    if array.size != shape.numel() or array.shape[:1] != tuple(shape[:1]):
        raise InvalidInput(
            f"target has shape {array.shape}; it must be that of the module's outputs, "
            f"{tuple(shape)}"
        )
    return check_array("target", array.reshape(-1), (None,))
