"""What keeps a net, or a part of it, from learning."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netspec.diagnostics import Diagnostic, Note
from netspec.graph import Graph, Node, Value
from netspec.lints.around import feeds, filters, learns, trains
from netspec.schema.layer import Family


def zeros(graph: Graph) -> Iterator[Diagnostic]:
    """N518: two layers in a row start at zero, where most others do not.

    Neither then has a gradient, since each one's is multiplied by the other's weight.
    """
    learned = [node for node in graph.nodes if filters(node) and learns(node, "weight")]
    filled = [node for node in learned if not starts_at_zero(node)]
    if not trains(graph) or 2 * len(filled) < len(learned):
        return  # without fillers, weights are loaded
    for node in learned:
        above = next((n for n in _above(node) if filters(n)), None)
        if above in learned and starts_at_zero(node) and starts_at_zero(above):
            message = f"the weights of {above.name} and of {node.name} start at 0: neither learns"
            help = 'write weight_filler { type: "xavier" } or { type: "msra" }'
            yield Diagnostic("N518", message, node.span, help, (Note(above.name, above.span),))


def starts_at_zero(node: Node) -> bool:
    """Whether weight and bias are filled with zeros."""
    fillers = [weight.filler for weight in node.weights if weight.learned]
    return all(f is not None and f.type == "constant" and f.value == 0 for f in fillers)


def _above(node: Node) -> Iterator[Node]:
    return feeds(node.bottoms[0]) if len(node.bottoms) == 1 else iter(())


def constant(graph: Graph) -> Iterator[Diagnostic]:
    """N519: a loss that is the same whatever the net computes."""
    for node in graph.nodes:
        if not node.layer.loss or not any(node.loss_weights):
            continue
        scores = node.bottoms[0].shape
        if math.prod(scores) == 0:
            message = f"{node.name} has nothing to compare: its first bottom has no elements"
            yield Diagnostic("N519", message, node.span, "give the layers above a larger input")
        elif node.layer.probabilities and node.layer.classes(scores) == 1:
            message = f"{node.name} compares one class: its probability is always 1, the loss 0"
            help = "give two classes, or use SigmoidCrossEntropyLoss"
            yield Diagnostic("N519", message, node.span, help)


def unused(graph: Graph) -> Iterator[Diagnostic]:
    """N520: a layer with filters that leads to no loss, in a net that is trained."""
    if not trains(graph):
        return
    needed: set[Value] = set()
    for node in reversed(graph.nodes):
        ends = any(node.loss_weights) or not node.tops or node.layer.family is Family.LOSS
        if ends or node.layer.writes or any(value in needed for value in node.values):
            needed.update(node.bottoms)
            continue
        if filters(node):
            message = f"{node.name} leads to no loss: it is computed, and never learns"
            help = "remove it, or have a loss, or Silence, read what it makes"
            yield Diagnostic("N520", message, node.span, help)


def frozen(graph: Graph) -> Iterator[Diagnostic]:
    """N530: every parameter of a net that is trained has a learning rate of zero."""
    learned = [node for node in graph.nodes if any(w.learned for w in node.weights)]
    roles = [(node, w.role) for node in learned for w in node.weights if w.learned]
    if trains(graph) and roles and not any(learns(node, role) for node, role in roles):
        message = "nothing learns: lr_mult is 0 for every parameter of the net"
        help = "leave lr_mult out where a layer is to learn"
        yield Diagnostic("N530", message, learned[0].span, help)
