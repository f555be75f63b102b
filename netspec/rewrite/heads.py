"""Auxiliary classifiers: removed, normalised, or put where there is none (arXiv 1512.00567, 4).

To move one, remove it and add another.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.heads import auxiliary_heads
from netspec.graph import Graph, Node
from netspec.language.tree import Field, Message
from netspec.layers.arithmetic import Eltwise
from netspec.layers.dense import InnerProduct
from netspec.layers.loss import SoftmaxWithLoss
from netspec.layers.normalization import BatchNorm
from netspec.rewrite.edit import Insert, Vary
from netspec.rewrite.fields import filler, layer, scalar
from netspec.rewrite.normalise import NORMALISED
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import convolutions, only_reader, unit
from netspec.schema.net import Phase
from netspec.schema.settings import NOWHERE

FILTERS, LOSS_WEIGHT = "128", "0.3"
POOL = {"pool": "AVE", "kernel_size": "5", "stride": "3"}
SMALLEST = 5  # side of a grid that such a head still pools
DEEP = 20  # convolutions of a net that may need one; with shortcuts it does not


def auxiliary(graph: Graph) -> Iterator[Proposal]:
    """What is found of heads: the lower of two goes, one without BatchNorm gets it."""
    plain = set(convolutions(graph))
    for head in auxiliary_heads(graph):
        layers = _below(head.first, graph)
        if head.lower:
            what = f"the head is removed, {len(layers)} layers"
            yield Proposal(head.first, (Vary(tuple(layers), ()),), what)
        elif not head.normalised:
            bare = [
                n
                for n in layers
                if (n in plain or isinstance(n.layer, InnerProduct))
                and not any(isinstance(each.layer, BatchNorm) for each in unit(n, graph))
                and not _classifies(n, graph)
            ]
            edits = tuple(Insert(node, NORMALISED) for node in bare)
            what = f"BatchNorm and Scale in it, after {len(bare)} layers"
            yield Proposal(head.first, edits, what)


def _below(first: Node, graph: Graph) -> list[Node]:
    """A layer, and all that is computed from it."""
    found = {first}
    for node in graph.nodes:
        if any(b.node in found for b in node.bottoms):
            found.add(node)
    return [n for n in graph.nodes if n in found]


def _classifies(node: Node, graph: Graph) -> bool:
    readers = [reader for reader, _ in graph.uses[node.values[0]]]
    return any(isinstance(r.layer, SoftmaxWithLoss) for r in readers)


def added(graph: Graph) -> Iterator[Proposal]:
    """A head, in training only, on the last blob of a grid."""
    main = [n for n in graph.nodes if isinstance(n.layer, SoftmaxWithLoss)]
    if graph.phase is not Phase.TRAIN or len(main) != 1 or len(main[0].bottoms[0].shape) != 2:
        return
    deep = len(convolutions(graph)) >= DEEP
    deep = deep and not any(isinstance(n.layer, Eltwise) for n in graph.nodes)
    places = list(_ends(graph))
    for node in places:
        shape = node.shapes[0]
        what = f"an auxiliary classifier on its {shape[1]} x {shape[2]} x {shape[3]}"
        edit = Insert(node, tuple(_head(node, main[0])))
        yield Proposal(node, (edit,), what, offered=deep and node is places[-1])


def _ends(graph: Graph) -> Iterator[Node]:
    """The layers that make the last blob of a grid."""
    for before, after in zip(graph.nodes, graph.nodes[1:]):
        shape = before.shapes[0] if before.shapes else ()
        if len(shape) != 4 or min(shape[2:]) < SMALLEST or not after.shapes or not before.bottoms:
            continue
        ends = after.shapes[0][2:] != shape[2:] and before.values[0] in after.bottoms
        if ends and only_reader(before, graph) is after:
            yield before


def _head(on: Node, main: Node) -> Iterator[Message]:
    name, label = f"{on.name}/aux", main.bottoms[1].blob
    classes = str(main.bottoms[0].shape[1])
    rule = Field("include", Message([Field("phase", scalar("TRAIN"), NOWHERE)], NOWHERE), NOWHERE)
    weight = Field("loss_weight", scalar(LOSS_WEIGHT), NOWHERE)
    msra, xavier = filler("weight_filler", "msra"), filler("weight_filler", "xavier")
    pool, conv, fc, loss = (f"{name}/{each}" for each in ("pool", "conv", "fc", "loss"))
    one = {"num_output": FILTERS, "kernel_size": "1", "bias_term": "false"}
    yield layer("Pooling", pool, [on.tops[0]], [pool], "pooling_param", POOL, extra=[rule])
    yield layer("Convolution", conv, [pool], [conv], "convolution_param", one, [msra], [rule])
    yield layer("BatchNorm", f"{conv}/bn", [conv], [conv], extra=[rule])
    bias = {"bias_term": "true"}
    yield layer("Scale", f"{conv}/scale", [conv], [conv], "scale_param", bias, extra=[rule])
    yield layer("ReLU", f"{conv}/relu", [conv], [conv], extra=[rule])
    out = {"num_output": classes}
    yield layer("InnerProduct", fc, [conv], [fc], "inner_product_param", out, [xavier], [rule])
    yield layer("SoftmaxWithLoss", loss, [fc, label], [loss], extra=[weight, rule])


REWRITES = (
    Rewrite("A142", "an auxiliary classifier removed, or normalised by the batch", auxiliary),
    Rewrite("A154", "an auxiliary classifier added", added),
)
