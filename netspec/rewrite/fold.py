"""What a BatchNorm makes superfluous, and the BatchNorm itself where nothing is trained."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Graph, Node
from netspec.layers.normalization import BatchNorm
from netspec.layers.scaling import Scale
from netspec.rewrite.edit import Edit, Settings, Variation, Vary
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import convolution, convolutions, only_reader
from netspec.rewrite.weight_rules import DropBias, Fold
from netspec.schema.net import Phase


def biases(graph: Graph) -> Iterator[Proposal]:
    """A bias that the BatchNorm behind it subtracts again."""
    for node in convolutions(graph):
        norm = only_reader(node, graph)
        if norm is None or not isinstance(norm.layer, BatchNorm):
            continue
        if not convolution(node).bias_term:
            continue
        none: Settings = {"bias_term": "false", "bias_filler": None}
        edit = Vary((node,), (Variation("", {node.name: none}, {node.name: 1}),))
        yield Proposal(node, (edit,), "no bias", (DropBias(node.name, norm.name),))


def norms(graph: Graph) -> Iterator[Proposal]:
    """BatchNorm and Scale as part of the convolution before them: of a net that only predicts."""
    if graph.phase is Phase.TRAIN:
        return
    for node in convolutions(graph):
        norm = only_reader(node, graph)
        if norm is None or not isinstance(norm.layer, BatchNorm):
            continue
        if len(norm.weights) != 3 or not _steady(norm.layer, graph):
            continue
        scale = only_reader(norm, graph)
        if scale is None or not isinstance(scale.layer, Scale) or not _by_channel(scale):
            scale = None
        gone = [norm] if scale is None else [norm, scale]
        bias: Settings = {"bias_term": "true"}
        edits: list[Edit] = [Vary((node,), (Variation("", {node.name: bias}),))]
        edits += [Vary((each,), ()) for each in gone]
        rule = Fold(node.name, norm.name, scale.name if scale else None, norm.layer.eps)
        what = f"{' and '.join(n.name for n in gone)} as part of its filters and bias"
        yield Proposal(node, tuple(edits), what, (rule,), offered=not graph.loss_weights)


def _steady(norm: BatchNorm, graph: Graph) -> bool:
    """Whether it normalises by what is stored."""
    stored = norm.use_global_stats
    return stored if stored is not None else graph.phase is Phase.TEST


def _by_channel(scale: Node) -> bool:
    return len(scale.bottoms) == 1 and scale.weights[0].shape == scale.shapes[0][1:2]


REWRITES = (
    Rewrite("A150", "no bias before a BatchNorm", biases),
    Rewrite("A151", "BatchNorm and Scale folded into the convolution before them", norms),
)
