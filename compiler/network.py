"""A Graph as an nn.Module: a torch.fx GraphModule with one submodule a layer, in the order of the file.

torch.fx writes the forward function, so a value is freed at its last use and the code can be read (`net.code`).
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, fx, nn

import compiler.layers  # registers the lowerings
from compiler.fillers import fill
from compiler.lower import lower
from compiler.reshape import check_inputs
from netspec.graph import Graph, Node, Value
from netspec.schema.net import Phase


class Network(fx.GraphModule):
    """The module that a Graph becomes.

    `spec` is the Graph, `modules_of` names the submodule of each layer. Called with blobs by name, or in the order of
    `spec.inputs`, it returns a dict of blobs; a net with data layers of its own takes none and reads its next batch.
    """

    spec: Graph
    modules_of: dict[str, str]
    placeholders: dict[str, str]

    def __call__(self, *args: Any, **inputs: Any) -> dict[str, Tensor]:
        if torch.compiler.is_compiling():
            given = dict(zip(self.placeholders.values(), args))
            return super().__call__(**given, **{self.placeholders[k]: v for k, v in inputs.items()})
        blobs = check_inputs(self.spec, args, inputs)
        return super().__call__(*(blobs[name] for name in self.placeholders))

    def layer(self, name: str) -> nn.Module:
        """The module of a layer, by the layer's name."""
        return self.get_submodule(self.modules_of[name])


def compile(graph: Graph, keep: Iterable[str] | Literal["all"] = ()) -> Network:
    """The module that computes what Caffe computes; its parameters are filled by the layers' fillers.

    It returns the graph's outputs, and the blobs in `keep` beside them ("all": every blob). A TRAIN graph starts in
    training mode, a TEST graph in eval mode. Raises KeyError for a blob in `keep` that the graph does not have.
    """
    blobs = graph.blobs
    wanted = list(blobs) if keep == "all" else [*graph.outputs, *keep]
    missing = [b for b in wanted if b not in blobs]
    if missing:
        raise KeyError(f"the net has no blob {missing[0]}")
    names = _module_names(graph)
    root = {names[n]: lower(n.layer, n) for n in graph.nodes if not n.layer.fed and n.tops}
    program, placeholders = _program(graph, names, wanted)
    net = Network(root, program, "Network")
    net.spec = graph
    net.modules_of = {n.name: names[n] for n in graph.nodes if names[n] in root}
    net.placeholders = placeholders
    for node in graph.nodes:
        for weight in node.weights:
            fill(getattr(net.get_submodule(names[node]), weight.role).data, weight.filler)
    _share(net, graph)
    return net.train(graph.phase is Phase.TRAIN)


def blobs(net: Network) -> dict[str, list[Tensor]]:
    """Caffe's parameter blobs by layer name: the live tensors, in Caffe's order and shape."""
    return {
        node.name: [getattr(net.layer(node.name), weight.role) for weight in node.weights]
        for node in net.spec.nodes
        if node.weights
    }


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
                made[value] = program.placeholder(_identifier(value.blob))
                placeholders[value.blob] = str(made[value].target)
    for node in graph.nodes:
        if node.layer.fed or not node.tops:
            continue
        bottoms = [made[b] for b in node.bottoms]
        for i, down in enumerate(node.propagate_down):
            if not down:
                bottoms[i] = program.call_method("detach", (bottoms[i],))
        result = program.call_module(names[node], tuple(bottoms))
        if _returns_tuple(node):
            for value in node.values:
                made[value] = program.call_function(_pick, (result, value.index))
        else:
            made[node.values[0]] = result
    program.output({blob: made[graph.blobs[blob]] for blob in wanted})
    return program, placeholders


def _returns_tuple(node: Node) -> bool:
    """Layers that can make several tops return them all, whichever of them the file names."""
    return node.layer.tops.most != 1 and not (node.layer.top_per_bottom and len(node.bottoms) == 1)


def _pick(tops: tuple[Tensor, ...], index: int) -> Tensor:
    return tops[index]


def _module_names(graph: Graph) -> dict[Node, str]:
    """A name for each layer's module that torch.fx can write into code, as near to the layer's name as can be.

    A layer's name may be any text; only harmless characters get into the code that fx makes.
    """
    names: dict[Node, str] = {}
    taken: set[str] = set()
    for node in graph.nodes:
        name = re.sub(r"[^\w/+:@ -]", "_", unicodedata.normalize("NFKC", node.name)) or node.type
        if keyword.iskeyword(name) or hasattr(Network, name) or name in RESERVED:
            name += "_"
        unique, count = name, 1
        while unique in taken:
            count += 1
            unique = f"{name}_{count}"
        taken.add(unique)
        names[node] = unique
    return names


RESERVED = {"spec", "modules_of", "placeholders", "training", "graph", "code"}


def _identifier(blob: str) -> str:
    name = re.sub(r"\W", "_", blob, flags=re.ASCII)
    return f"_{name}" if not name[:1].isalpha() or keyword.iskeyword(name) else name


def _share(net: Network, graph: Graph) -> None:
    """Put the owner's parameter in place of each shared one, reshaped where only the counts agree (PERMISSIVE)."""
    for (layer, i), (owner, j) in graph.owners.items():
        weight = graph.by_name[layer].weights[i]
        theirs = getattr(net.layer(owner), graph.by_name[owner].weights[j].role)
        module = net.layer(layer)
        if theirs.shape == weight.shape:
            setattr(module, weight.role, theirs)
        else:
            del module._parameters[weight.role]
            _View(
                net.layer(owner), graph.by_name[owner].weights[j].role, weight.role, weight.shape
            ).attach(module)


class _View:
    """Gives a module another module's parameter in a shape of its own, afresh for each forward pass."""

    def __init__(self, owner: nn.Module, theirs: str, mine: str, shape: tuple[int, ...]) -> None:
        self.owner, self.theirs, self.mine, self.shape = (owner,), theirs, mine, shape

    def attach(self, module: nn.Module) -> None:
        self(module, ())
        module.register_forward_pre_hook(self)

    def __call__(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        module.__dict__[self.mine] = getattr(self.owner[0], self.theirs).view(self.shape)


__all__ = ["Network", "blobs", "compile"]
assert compiler.layers
