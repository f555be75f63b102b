"""A Graph as an nn.Module: a torch.fx GraphModule with a submodule for each layer, in file order.

torch.fx writes the forward function: a value is freed at its last use, and `net.code` can be read.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from operator import getitem
from typing import Any, Literal

import torch
from torch import Tensor, fx, nn

import compiler.layers  # noqa: F401  registers the lowerings
from compiler.backward import no_gradient_asked, stop_backward
from compiler.fillers import fill
from compiler.lower import lower, refuse_uncomputed
from compiler.names import identifier, module_names
from compiler.reshape import check_inputs
from compiler.sharing import share
from netspec.graph import Graph, Node, Value
from netspec.schema.net import Phase


class Network(fx.GraphModule):
    """The module that a Graph becomes.

    Called with blobs by name, or in the order of `spec.inputs`, it returns a dict of blobs; a net
    with data layers of its own takes none and reads its next batch. `spec` is the Graph, `wanted`
    the blobs that are returned. Where Caffe runs no backward pass, parameters get a gradient only
    in training mode, or when an input requires one (compiler/backward.py).
    """

    spec: Graph
    wanted: list[str]
    modules_of: dict[str, str]  # the submodule of each layer, by the layer's name
    placeholders: dict[str, str]  # the argument of forward that each input is

    def __init__(self, spec: Graph, wanted: list[str], modules: Mapping[str, nn.Module]) -> None:
        names = _names(spec)
        program, placeholders = _program(spec, names, wanted)
        super().__init__(
            {names[n]: modules[names[n]] for n in spec.nodes if _computes(n)}, program, "Network"
        )
        self.spec, self.wanted, self.placeholders = spec, wanted, placeholders
        self.modules_of = {name: names[n] for name, n in spec.by_name.items() if _computes(n)}

    def __call__(self, *args: Any, **inputs: Any) -> dict[str, Tensor]:
        if torch.compiler.is_compiling():
            named = dict(zip(self.placeholders.values(), args))
            return super().__call__(**named, **{self.placeholders[k]: v for k, v in inputs.items()})
        blobs = check_inputs(self.spec, args, inputs, self.dtype)
        given = [blobs[name] for name in self.placeholders]
        made = super().__call__(*given)
        if self.training or self.spec.runs_backward or not no_gradient_asked(given):
            return made
        return stop_backward(made)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled as spec and modules; the forward function is written anew."""
        return _restore, (self.spec, self.wanted, dict(self.named_children()), self.training)

    def __deepcopy__(self, memo: dict[int, Any]) -> Network:
        spec, wanted, modules, training = self.__reduce__()[1]
        return _restore(spec, wanted, copy.deepcopy(modules, memo), training)

    def train(self, mode: bool = True) -> Network:
        """Switch to training mode or to eval mode; layers with a phase of their own stay in it."""
        super().train(mode)
        for node, module in steps(self):
            if module is not None and node.phase is not self.spec.phase:
                module.train(node.phase is Phase.TRAIN)
        return self

    @property
    def dtype(self) -> torch.dtype:
        """What the net computes in: the type of its parameters, or float32 where it has none."""
        return next((p.dtype for p in self.parameters()), torch.float32)

    def layer(self, name: str) -> nn.Module:
        """The module of a layer, by the layer's name."""
        return self._modules[self.modules_of[name]]  # type: ignore[return-value]

    def parameter(self, layer: str, index: int) -> Tensor:
        """A parameter blob: a layer's own, or its owner's, if need be as a view with its grad."""
        owner = self.spec.owners.get((layer, index))
        weight = self.spec.by_name[layer].weights[index]
        if owner is None:
            return getattr(self.layer(layer), weight.role)
        theirs = self.parameter(*owner)
        if theirs.shape == weight.shape:
            return theirs
        seen = theirs.detach().view(weight.shape)
        seen.grad = None if theirs.grad is None else theirs.grad.view(weight.shape)
        return seen


def compile(graph: Graph, keep: Iterable[str] | Literal["all"] = ()) -> Network:
    """The module that computes what Caffe computes, its parameters filled by the layers' fillers.

    It returns the graph's outputs, and the blobs in `keep` beside them ("all": every blob). A TRAIN
    graph starts in training mode, a TEST graph in eval mode. Raises KeyError for a blob in `keep`
    that the graph does not have.
    """
    blobs = graph.blobs
    wanted = list(blobs) if keep == "all" else [*graph.outputs, *keep]
    missing = [b for b in wanted if b not in blobs]
    if missing:
        raise KeyError(f"the net has no blob {missing[0]}")
    refuse_uncomputed(graph)
    names = _names(graph)
    net = Network(graph, wanted, {names[n]: lower(n.layer, n) for n in graph.nodes if _computes(n)})
    for node in graph.nodes:
        for weight in node.weights:
            if weight.filler is not None:
                fill(getattr(net.layer(node.name), weight.role).data, weight.filler)
    for (layer, i), (owner, j) in graph.owners.items():
        mine, theirs = graph.by_name[layer].weights[i], graph.by_name[owner].weights[j]
        share(net.layer(layer), mine.role, mine.shape, net.layer(owner), theirs.role)
    return net.train(graph.phase is Phase.TRAIN)


def blobs(net: Network) -> dict[str, list[Tensor]]:
    """Caffe's parameter blobs by layer name: the live tensors, in Caffe's order and shape."""
    return {
        node.name: [net.parameter(node.name, i) for i in range(len(node.weights))]
        for node in net.spec.nodes
        if node.weights
    }


def steps(net: Network) -> list[tuple[Node, nn.Module | None]]:
    """Every layer in running order with its module, None where it makes none, as an input."""
    names = _names(net.spec)
    return [(node, net._modules[names[node]] if _computes(node) else None) for node in names]


def _program(
    graph: Graph, names: Mapping[Node, str], wanted: list[str]
) -> tuple[fx.Graph, dict[str, str]]:
    """The fx graph, and the name of the placeholder of each input."""
    program = fx.Graph()
    made: dict[Value, fx.Node] = {}
    placeholders = {}
    for node in graph.nodes:
        if node.layer.fed:
            for value in node.values:
                made[value] = program.placeholder(identifier(value.blob))
                placeholders[value.blob] = str(made[value].target)
    for node in graph.nodes:
        if not _computes(node):
            continue
        bottoms = [made[b] for b in node.bottoms]
        for i, down in enumerate(node.propagate_down):
            if not down and not graph.force_backward:  # which overrules it (Net::Init)
                bottoms[i] = program.call_method("detach", (bottoms[i],))
        result = program.call_module(names[node], tuple(bottoms))
        if len(node.tops) == 1 and not node.layer.makes_data:
            made[node.values[0]] = result
            continue
        for value in node.values:
            picked = (result, value.index)
            made[value] = program.create_node(
                "call_function", getitem, picked, name=identifier(value.blob)
            )
    program.output({blob: made[graph.blobs[blob]] for blob in wanted})
    return program, placeholders


def _restore(
    spec: Graph, wanted: list[str], modules: dict[str, nn.Module], training: bool
) -> Network:
    net = Network(spec, wanted, modules)
    net.training = training
    return net


def _computes(node: Node) -> bool:
    """Whether a layer becomes a module: inputs are arguments, and some layers make nothing."""
    return not node.layer.fed and (bool(node.tops) or node.layer.writes)


def module_layers(graph: Graph) -> dict[str, str]:
    """The layer that each submodule of the compiled net is, by name: what a state_dict means."""
    return {module: node.name for node, module in _names(graph).items()}


def _names(graph: Graph) -> dict[Node, str]:
    return module_names(graph, lambda name: name in RESERVED or hasattr(Network, name))


RESERVED = {"spec", "wanted", "modules_of", "placeholders", "training", "graph", "code"}
