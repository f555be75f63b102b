"""Layers that are connected as they are hardly meant to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.diagnostics import Diagnostic, Note
from netspec.graph import Graph, Node, Value
from netspec.lints.around import trains
from netspec.schema.layer import Family
from netspec.schema.net import Phase

OWN_TOP = "give its top a name of its own; here the gradient is right either way"


def overwritten(graph: Graph) -> Iterator[Diagnostic]:
    """N521: in Caffe, a gradient that is worked out from a top that another layer has overwritten.

    So is one from a bottom that the layer has overwritten itself. Here it is right; the same file
    trains differently there.
    """
    if not trains(graph):
        return
    for node in graph.nodes:
        if node.layer.backward_from_bottom and node.tops[:1] == (node.bottoms[0].blob,):
            message = f"{node.name} overwrites {node.tops[0]}, which Caffe's gradient of it is "
            message += "worked out from"
            yield Diagnostic("N521", message, node.span, OWN_TOP)
        if not node.layer.backward_from_top or not node.tops:
            continue
        for after, index in graph.uses[node.values[0]]:
            writes = after.tops[index : index + 1] == node.tops[:1]
            if writes and not after.layer.identity_when(after.phase is Phase.TRAIN):
                message = f"{after.name} overwrites {node.tops[0]}, which Caffe's gradient of "
                message += f"{node.name} is worked out from"
                note = (Note(f"{node.name} is here", node.span),)
                yield Diagnostic("N521", message, after.span, OWN_TOP, note)


def twice(graph: Graph) -> Iterator[Diagnostic]:
    """N523: the softmax of a softmax."""
    for node in graph.nodes:
        above = _computed(node.bottoms[0]) if node.layer.probabilities else None
        if above is not None and above.layer.probabilities and not above.layer.loss:
            message = f"{node.name} takes a softmax of what {above.name} has made one of already"
            help = f"read {above.bottoms[0].blob}, the scores"
            note = (Note(f"{above.name} is here", above.span),)
            yield Diagnostic("N523", message, node.span, help, note)


def _computed(value: Value) -> Node:
    """The layer that computed a value, not one that only moved it."""
    node = value.node
    while node.layer.family is Family.SHAPE and len(node.bottoms) == 1:
        node = node.bottoms[0].node
    return node


def strangers(nets: Mapping[str, Graph]) -> Iterator[Diagnostic]:
    """N522: parameters of a net that the net which is trained has none for, by name.

    Caffe hands weights on by the names of layers: what is called otherwise keeps what its filler
    gave it.
    """
    trained = next((graph for graph in nets.values() if trains(graph)), None)
    if trained is None:
        return
    known = {node.name for node in trained.nodes if node.weights}
    shared = {spec.name for node in trained.nodes for spec in node.params if spec.name}
    said: set[str] = set()
    for graph in nets.values():
        named = [node for node in graph.nodes if node.weights]
        if graph is trained or not any(node.name in known for node in named):
            continue
        for node in named:
            by_parameter = any(spec.name in shared for spec in node.params)
            if node.name in known or by_parameter or node.name in said:
                continue
            said.add(node.name)
            message = f"{node.name} has parameters, and no layer of that name is trained"
            help = "give the layer one name in both nets: weights are kept by it"
            yield Diagnostic("N522", message, node.span, help)
