"""Which layer's output channels go into which layer: the structure that pruning may use.

The model is traced symbolically. From a Linear or Conv2d layer its channels are followed through
whatever acts on each of them alone (normalisation, activations, pooling, flattening) to the layer
that adds them up, the *consumer*. On the way they may be multiplied by a gate computed from
themselves (squeeze-and-excitation); joined with other channels, as in a residual sum, they are not
one layer's own any more, and cannot be pruned alone.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from theory.errors import InvalidInput

_PRODUCTS = {operator.mul, operator.imul, torch.mul, "mul", "mul_"}


@dataclass(frozen=True)
class Channels:
    """The output channels of one layer, and where they go. All by the names of modules."""

    layer: str
    """the last layer that keeps the channels apart: a depth-wise convolution, if one follows"""
    consumer: str
    """the layer that adds them up"""
    gate_inputs: tuple[str, ...] = ()
    """layers that look at the channels only to compute factors for them"""


class Tracing:
    """The traced model. Pruned copies keep the names, so that one tracing serves them all.

    Raises `InvalidInput` if the model's way from input to output depends on values.
    """

    def __init__(self, model: nn.Module) -> None:
        try:
            self.graph = fx.symbolic_trace(model).graph
        except Exception as error:
            reason = " ".join(str(error).split())[:160]
            raise InvalidInput(
                f"model, a {type(model).__name__}, cannot be traced ({reason}); its forward must "
                "call the same modules whatever the values are"
            ) from None
        modules = dict(model.named_modules())
        self._layers: dict[fx.Node, str] = {
            node: str(node.target)
            for node in self.graph.nodes
            if node.op == "call_module"
            and isinstance(modules[str(node.target)], nn.modules.conv._ConvNd | nn.Linear)
        }
        self._modules = modules

    def channels(self, layer: str) -> Channels:
        """Where the output channels of `layer` go.

        Raises `InvalidInput` if there is no such layer, if it is no Linear or Conv2d layer, or if
        its channels are joined with others, go to several layers, or out of the model.
        """
        self._known(layer)
        self._supported(layer, f"layer is {layer!r}, ")
        calls = [node for node, name in self._layers.items() if name == layer]
        if len(calls) > 1:
            raise InvalidInput(f"layer is {layer!r}, which the model applies {len(calls)} times")
        inside, ends = self._reach(calls)
        gates = self._joins(layer, inside)
        main = ends
        if gates:
            _, main = self._reach(gates)
        if len(main) != 1:
            found = ", ".join(self._layers[end] for end in main) or "none"
            raise InvalidInput(
                f"layer is {layer!r}, whose channels must go to one layer; they go to {found}"
            )
        inputs = [end for end in ends if end not in main]
        self._explained(layer, gates, inside, inputs)
        if depthwise(self._modules[layer]):
            self._own(layer, calls[0])
        consumer = self._layers[main[0]]
        self._supported(consumer, f"layer is {layer!r}; its consumer {consumer!r} is ")
        self._fits(layer, consumer)
        gate_inputs = tuple(self._layers[end] for end in inputs)
        for name in (consumer, *gate_inputs):
            if list(self._layers.values()).count(name) > 1:
                raise InvalidInput(
                    f"layer is {layer!r}, whose consumer {name!r} the model applies more than once"
                )
        return Channels(layer, consumer, gate_inputs)

    def prunable(self) -> list[Channels]:
        """All layers whose channels can be pruned alone, in the order in which they are applied.

        Channels that a depth-wise convolution keeps apart are listed with it; those inside gates
        not at all, nor those of grouped convolutions, which cannot be taken out one by one.
        """
        found = []
        for layer in dict.fromkeys(self._layers.values()):
            try:
                channels = self.channels(layer)
            except InvalidInput:
                continue
            ends = [self._modules[name] for name in (layer, channels.consumer)]
            if not depthwise(ends[1]) and not any(grouped(module) for module in ends):
                found.append(channels)
        gates = {name for channels in found for name in channels.gate_inputs}
        return [channels for channels in found if channels.layer not in gates]

    def _known(self, layer: str) -> None:
        names = list(dict.fromkeys(self._layers.values()))
        if layer in names:
            return
        near = difflib.get_close_matches(layer, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InvalidInput(
            f"layer is {layer!r}; {hint}give one of the model's {len(names)} Linear and Conv2d "
            f"layers{f', {names[0]!r} say' if names else ''}"
        )

    def _own(self, layer: str, call: fx.Node) -> None:
        """A depth-wise convolution's channels are those of the layer before, which go nowhere else.

        Raises `InvalidInput` if they do.
        """
        _, before = self._walk(call.all_input_nodes, lambda node: node.all_input_nodes)
        before |= set(call.all_input_nodes) & set(self._layers)
        if not before:
            raise InvalidInput(f"layer is {layer!r}, whose channels are the model's inputs")
        for source in before:
            self.channels(self._layers[source])

    def _supported(self, name: str, start: str) -> None:
        module = self._modules[name]
        if not isinstance(module, nn.Conv2d | nn.Linear):
            raise InvalidInput(f"{start}a {type(module).__name__}; only Linear and Conv2d work")
        weight = module._parameters.get("weight")
        if weight is None:
            raise InvalidInput(f"{start}a layer whose weight is computed from other parameters")
        owners = [
            n for n, m in self._modules.items() if any(p is weight for p in m._parameters.values())
        ]
        if len(owners) > 1:
            raise InvalidInput(f"{start}a layer that shares its weight with {owners[1]!r}")

    def _fits(self, layer: str, consumer: str) -> None:
        """As many channels must arrive as leave; a Linear layer may see several entries of each."""
        size, module = len(self._modules[layer].weight), self._modules[consumer]
        arriving = module.in_channels if isinstance(module, nn.Conv2d) else module.in_features
        if arriving != size and (isinstance(module, nn.Conv2d) or arriving % size):
            raise InvalidInput(
                f"layer is {layer!r}, whose {size} channels reach {consumer!r} as {arriving}"
            )

    def _reach(self, start: Iterable[fx.Node]) -> tuple[set[fx.Node], list[fx.Node]]:
        """The nodes from `start` on up to the next layers, and these layers' nodes, in order."""
        inside, ends = self._walk(start, lambda node: node.users)
        return inside, [node for node in self.graph.nodes if node in ends]

    def _walk(
        self, start: Iterable[fx.Node], following: Callable[[fx.Node], Iterable[fx.Node]]
    ) -> tuple[set[fx.Node], set[fx.Node]]:
        inside, ends = set(start), set()
        waiting = list(inside)
        while waiting:
            for node in following(waiting.pop()):
                if node in self._layers:
                    ends.add(node)
                elif node not in inside:
                    inside.add(node)
                    waiting.append(node)
        return inside, ends

    def _joins(self, layer: str, inside: set[fx.Node]) -> list[fx.Node]:
        """The products with something else. Raises `InvalidInput` if anything else joins."""
        gates = []
        for node in self.graph.nodes:
            if node not in inside or node in self._layers:
                continue
            if node.op == "output":
                raise InvalidInput(f"layer is {layer!r}, whose channels are outputs of the model")
            if all(given in inside for given in node.all_input_nodes):
                continue
            if node.target not in _PRODUCTS:
                raise InvalidInput(
                    f"layer is {layer!r}, whose channels are joined with others' at {node.name!r} "
                    "(a residual sum, say); only channels that are a layer's own can be pruned"
                )
            gates.append(node)
        return gates

    def _explained(
        self, layer: str, gates: list[fx.Node], inside: set[fx.Node], inputs: list[fx.Node]
    ) -> None:
        """Every factor must come from the channels themselves, by one layer after each input."""
        factors = [given for gate in gates for given in gate.all_input_nodes if given not in inside]
        _, before = self._walk(factors, lambda node: node.all_input_nodes)
        before |= {factor for factor in factors if factor in self._layers}
        after = {end for given in inputs for end in self._reach([given])[1]}
        if before != after:
            raise InvalidInput(
                f"layer is {layer!r}, whose channels are multiplied by something that is not "
                "computed from them alone"
            )


def depthwise(module: Any) -> bool:
    """Is this a convolution that keeps every channel apart?"""
    return isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1


def grouped(module: Any) -> bool:
    """Is this a convolution in groups, or a depth-wise one that makes several of a channel?"""
    if not isinstance(module, nn.Conv2d) or module.groups == 1:
        return False
    return not depthwise(module) or module.out_channels != module.in_channels


def channel_count(model: nn.Module, layer: str) -> int:
    """N, the number of output channels that a layer has."""
    module = model.get_submodule(layer)
    assert isinstance(module, nn.Conv2d | nn.Linear)
    return len(module.weight)
