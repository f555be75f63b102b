"""Batch normalisation beside what it does not go with (Ioffe & Szegedy 2015, arXiv 1502.03167)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.diagnostics import Diagnostic
from netspec.graph import Graph, Node
from netspec.lints.around import (
    activates,
    drops,
    feeds,
    filters,
    learns,
    reader,
    roles,
    scales,
    trains,
)
from netspec.schema.net import Phase

FEW = 2  # images; their statistics are noise (Wu & He 2018, arXiv 1803.08494, figure 1)


def unscaled(graph: Graph) -> Iterator[Diagnostic]:
    """N510: an activation reads what is normalised, with no learned scale and bias between."""
    for node in normalising(graph):
        after = reader(graph, node)
        if "bias" not in roles(node) and after is not None and activates(after):
            message = f"{after.name} reads what {node.name} has normalised, and nothing scales it"
            help = "put a Scale with bias_term: true between them"
            yield Diagnostic("N510", message, node.span, help)


def unshifted(graph: Graph) -> Iterator[Diagnostic]:
    """N511: after a normalisation the channels are scaled, and none has a bias."""
    for node in graph.nodes:
        if not scales(node) or roles(node) != {"weight"}:
            continue
        before, after = node.bottoms[0].node, reader(graph, node)
        biased = after is not None and scales(after) and "bias" in roles(after)
        normalised = before.layer.batch_statistics and "bias" not in roles(before)
        if normalised and after is not None and activates(after) and not biased:
            message = f"{node.name} has no bias, and {before.name} has taken away any before it"
            yield Diagnostic("N511", message, node.span, "write bias_term: true")


def late(graph: Graph) -> Iterator[Diagnostic]:
    """N512: normalised after the activation, in a net that elsewhere normalises before it."""
    after = [node for node in normalising(graph) if _after_activation(node)]
    if 2 * len(after) < sum(1 for _ in normalising(graph)):
        for node in after:
            made = node.bottoms[0].node
            message = f"{node.name} normalises after the activation {made.name}; "
            message += "elsewhere the net does so before"
            help = f"put it between the layer with filters and {made.name}"
            yield Diagnostic("N512", message, node.span, help)


def _after_activation(node: Node) -> bool:
    made = node.bottoms[0].node
    return activates(made) and filters(made.bottoms[0].node)


def phase(nets: Mapping[str, Graph]) -> Iterator[Diagnostic]:
    """N513: in use, normalised by the statistics of the batch that happens to be there.

    Nothing is said of a net with a loss that no phase is told apart for: it is there to train.
    """
    both = any(graph.phase is Phase.TRAIN for graph in nets.values())
    for graph in nets.values():
        for node in normalising(graph) if both or not graph.loss_weights else ():
            written = getattr(node.layer, "use_global_stats", None)
            if node.phase is Phase.TEST and written is False:
                message = f"{node.name} normalises by the batch in TEST, too: "
                message += "use_global_stats is false"
                help = "leave use_global_stats out: each phase then has the right one"
                yield Diagnostic("N513", message, node.span, help)


def cancelled(graph: Graph) -> Iterator[Diagnostic]:
    """N514: a bias that is learned and then subtracted with the mean."""
    if not trains(graph):
        return
    for node in graph.nodes:
        after = reader(graph, node) if filters(node) and learns(node, "bias") else None
        if after is not None and by_batch(after):
            message = f"the bias of {node.name} changes nothing: {after.name} subtracts the mean"
            yield Diagnostic("N514", message, node.span, "write bias_term: false")


def dropped(graph: Graph) -> Iterator[Diagnostic]:
    """N515: Dropout before a normalisation, whose averages are then those of another variance."""
    if not trains(graph):
        return
    for node in graph.nodes:
        if not by_batch(node):
            continue
        for above in feeds(node.bottoms[0]):
            if drops(above):
                message = f"{node.name} normalises what {above.name} has dropped elements of: "
                message += "in TEST the variance is another"
                help = "put Dropout after the last normalisation, or do without it"
                yield Diagnostic("N515", message, above.span, help)
            if above.layer.batch_statistics or above.layer.makes_data:
                break


def small(graph: Graph) -> Iterator[Diagnostic]:
    """N517: normalised by the statistics of one or two items."""
    batch = read_batch(graph)
    if trains(graph) and batch is not None and batch <= FEW:
        for node in normalising(graph):
            if by_batch(node):
                message = f"{node.name} normalises by statistics of {batch} items"
                help = "raise batch_size; gradients summed by iter_size do not help"
                yield Diagnostic("N517", message, node.span, help)


def normalising(graph: Graph) -> Iterator[Node]:
    """The layers that normalise by statistics of a batch, this one's or stored ones."""
    return (node for node in graph.nodes if node.layer.batch_statistics)


def by_batch(node: Node) -> bool:
    """Whether it normalises by the batch in the phase that it is in."""
    return node.layer.by_batch(node.phase is Phase.TRAIN)


def read_batch(graph: Graph) -> int | None:
    """The items that data layers read at a time; None where the caller feeds the net."""
    return None if graph.inputs else graph.batch
