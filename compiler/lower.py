"""`lower` turns a declared layer into the PyTorch module that computes what Caffe computes.

It dispatches on the layer's class. The module takes the bottoms and returns the top, or a tuple
where the node has several tops (a source: always a tuple); its parameters and buffers bear the
roles of the layer's weights (`weight`, `bias`, `mean` ...), in Caffe's shapes.
"""

from __future__ import annotations

from functools import singledispatch

import torch
from torch import nn

from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph, Node
from netspec.schema.layer import Layer

DRAWN = "the graph is a sketch, to be looked at: declare the type, and load the file"


@singledispatch
def lower(layer: Layer, node: Node) -> nn.Module:
    """The module of a layer. `node` tells its bottoms' shapes, tops, weights and phase."""
    message = f"a {node.type} layer can be read, but there is nothing that runs it"
    help = "register a function for it with compiler.lower.lower.register"
    raise SpecError(Diagnostic("N211", message, node.span, help))


def refuse_uncomputed(graph: Graph) -> None:
    """Raise SpecError for every layer that is not known (N230), and for every setting of a fork
    that is read but cannot be run (N211).
    """
    found = [
        Diagnostic("N230", f"{n.name or n.type}: {n.type} layers are not known here", n.span, DRAWN)
        for n in graph.nodes
        if not n.layer.known
    ]
    found += [
        Diagnostic(
            reject.code, f"{node.name or node.type}: {reject.message}", node.span, reject.help
        )
        for node in graph.nodes
        if not node.layer.fed
        for reject in node.layer.uncomputed()
    ]
    if found:
        raise SpecError(found)


class Weighted(nn.Module):
    """Holds the weights that its layer declares: parameters where they are learned, or buffers."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        for weight in node.weights:
            made = torch.zeros(weight.shape)
            if weight.learned:
                self.register_parameter(weight.role, nn.Parameter(made))
            else:
                self.register_buffer(weight.role, made)
