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

from theory.errors import Floats, InvalidInput, check_array, check_simplex
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
    training: bool
    """whether the user's module was in training mode, in which subnetworks then are too"""

    def subnetwork(self, weights: ArrayLike) -> nn.Module:
        """The module with the neurons that `weights` (N,), on the simplex, make positive.

        It is a copy of the user's module in which the two layers are smaller; it computes what the
        selection computes, and can be trained on.
        """
        alpha = check_simplex("weights", weights, self.pool.size)
        kept = np.flatnonzero(alpha)
        index = torch.from_numpy(kept)
        pruned = copy.deepcopy(self.module).train(self.training)
        first, second = (_linear(pruned, name) for name in (self.first, self.second))
        index = index.to(first.weight.device)
        with torch.no_grad():
            first.weight = _like(first.weight, first.weight[index].clone())
            if first.bias is not None:
                first.bias = _like(first.bias, first.bias[index].clone())
            shares = torch.from_numpy(self.pool.size * alpha[kept]).to(second.weight)
            second.weight = _like(second.weight, second.weight[:, index] * shares)
        first.out_features = second.in_features = len(kept)
        return pruned


def from_torch(
    module: nn.Module, inputs: Tensor, target: Tensor | ArrayLike | None = None
) -> ModulePool:
    """The hidden neurons of `module` on `inputs` (m, d) as a pool.

    `target` (m,) or (m, k) is what the module should compute; without it, what it does compute, so
    that a selection imitates the module. The pool's loss is half the mean squared error over all
    m·k outputs. The module must have exactly two `Linear` layers, applied one after the other with
    an activation between that acts on every neuron alone; it is copied, and left as it is. That the
    way back leads to the same outputs is tried out, with half of the neurons.

    Raises `InvalidInput` where the module is not of this form, or its outputs are not finite.
    """
    layers = [name for name, layer in module.named_modules() if isinstance(layer, nn.Linear)]
    if len(layers) != 2:
        raise InvalidInput(f"module has {len(layers)} Linear layers; a two-layer network has two")
    training = module.training
    module = copy.deepcopy(module).eval()
    seen, outputs = _run(module, inputs, layers)
    order = [name for name, _, _ in seen]
    if sorted(order) != sorted(layers):
        raise InvalidInput(
            f"module applies its Linear layers as {order}; it must apply each of the two once"
        )
    (first, _, sums), (second, hidden, values) = seen
    if hidden.ndim != 2 or hidden.shape != sums.shape:
        raise InvalidInput(
            f"module takes {tuple(sums.shape)} outputs of layer {first!r} to "
            f"{tuple(hidden.shape)} inputs of layer {second!r}; both must be (m, neurons)"
        )
    if not torch.equal(values.flatten(), outputs.flatten()):
        raise InvalidInput(
            f"module does more after layer {second!r} than to add up the neurons; its output must "
            "be that layer's"
        )
    last = _linear(module, second)
    units, columns = _numpy(hidden), _numpy(last.weight)  # (m, N), (k, N)
    bias = np.zeros(len(columns)) if last.bias is None else _numpy(last.bias)
    size = units.shape[1]
    atoms = bias + size * units.T[:, :, None] * columns.T[:, None, :]  # (N, m, k)
    wanted = _target(outputs if target is None else target, outputs.shape)
    pool = Pool(atoms.reshape(size, -1), wanted)
    found = ModulePool(module, pool, first, second, training)
    _try_out(found, inputs)
    return found


def _run(
    module: nn.Module, inputs: Tensor, layers: list[str]
) -> tuple[list[tuple[str, Tensor, Tensor]], Tensor]:
    """(layer, its input, its output) in the order in which they are applied, and the outputs."""
    seen: list[tuple[str, Tensor, Tensor]] = []
    hooks = [
        _linear(module, name).register_forward_hook(
            lambda _, given, output, name=name: seen.append(
                (name, given[0].clone(), output.clone())  # clones: what follows may work in place
            )
        )
        for name in layers
    ]
    try:
        with torch.no_grad():
            outputs = module(inputs)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InvalidInput(f"module cannot be run on inputs ({reason})") from None
    finally:
        for hook in hooks:
            hook.remove()
    if not isinstance(outputs, Tensor):
        raise InvalidInput(f"module returns {type(outputs).__name__}; it must return a tensor")
    if outputs.numel() == 0:
        raise InvalidInput(f"inputs has shape {tuple(inputs.shape)}; give at least one data point")
    if not bool(outputs.isfinite().all()):
        raise InvalidInput("module has outputs that are not finite; look at its weights and inputs")
    return seen, outputs


def _try_out(found: ModulePool, inputs: Tensor) -> None:
    """Raise `InvalidInput` if a subnetwork of random neurons does not compute their mean."""
    random = np.random.default_rng(0)
    size = found.pool.size
    weights = np.zeros(size)
    weights[random.permutation(size)[: (size + 1) // 2]] = 1 / ((size + 1) // 2)
    expected = weights @ found.pool.atoms
    try:
        with torch.no_grad():
            outputs = found.subnetwork(weights).eval()(inputs)
        given = _numpy(outputs).ravel()
    except (RuntimeError, TypeError, ValueError, AttributeError, KeyError):
        given = np.full_like(expected, np.nan)
    scale = float(np.abs(found.pool.atoms).max())
    if not np.abs(given - expected).max() <= 1e-4 * scale:
        raise InvalidInput(
            f"module mixes its neurons between the layers {found.first!r} and {found.second!r}, or "
            "keeps more about them than these layers' weights; what stands between must act on "
            "every neuron alone (no normalisation, no softmax, no parameter of its own per neuron)"
        )


def _numpy(tensor: Tensor) -> Floats:
    found: Floats = tensor.detach().cpu().to(torch.float64).numpy()
    return found


def _like(old: Tensor, new: Tensor) -> nn.Parameter:
    return nn.Parameter(new, requires_grad=old.requires_grad)


def _linear(module: nn.Module, name: str) -> nn.Linear:
    layer = module.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    return layer


def _target(target: Tensor | ArrayLike, shape: torch.Size) -> Floats:
    """(m·k,)"""
    array = _numpy(target) if isinstance(target, Tensor) else np.asarray(target)
    if array.size != shape.numel() or array.shape[:1] != tuple(shape[:1]):
        raise InvalidInput(
            f"target has shape {array.shape}; it must be that of the module's outputs, "
            f"{tuple(shape)}"
        )
    return check_array("target", array.reshape(-1), (None,))
