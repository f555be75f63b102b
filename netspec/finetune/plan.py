"""Fine-tuning as a whole: what is to change, the changed net, and what to tell about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from netspec.diagnostics import Diagnostic, SpecError
from netspec.finetune.changes import Change, changed, of_accuracy, of_frozen, of_head
from netspec.finetune.data import Data, reads, with_data, with_sources
from netspec.finetune.ends import with_ends
from netspec.finetune.frozen import frozen_layers
from netspec.finetune.graphs import graphs_of
from netspec.finetune.heads import Head, find_heads
from netspec.graph import Graph
from netspec.language.tree import Message
from netspec.schema.net import Phase

SUFFIX = "ft"
NO_DATA = Data()


@dataclass(frozen=True)
class Wanted:
    """What a person asks for; `freeze` is a layer's name or "all".

    `shapes` are for inputs and data layers whose shapes are not known.
    """

    classes: int
    freeze: str | None = None
    heads: Collection[str] = ()
    suffix: str = SUFFIX
    data: Data = NO_DATA
    shapes: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class FineTuning:
    """The changed net; `renamed` are the head's layers, `frozen` those that stay as they are.

    `tested` tells whether the net has data in TEST, `sources` what its data layers read.
    """

    tree: Message
    renamed: dict[str, str]
    before: int  # classes that the head had
    frozen: tuple[str, ...]
    tested: bool
    sources: tuple[str, ...]


def finetune(tree: Message, wanted: Wanted) -> FineTuning:
    """The net for other classes, of a tree in today's form.

    Raises SpecError: C260 no classifier, C261 nothing to freeze, C262 no data to train on.
    """
    if wanted.classes < 1:
        raise SpecError(Diagnostic("C260", "a classifier has at least one class", tree.span))
    graphs = graphs_of(tree, wanted.shapes)
    heads = find_heads(graphs, wanted.heads)
    names = {head.node.name for head in heads}
    renamed = {name: _new_name(name, wanted.suffix, graphs) for name in names}
    frozen = frozen_layers(graphs, wanted.freeze, names)
    changes: dict[str, Change] = {name: of_frozen(node) for name, node in frozen.items()}
    for node in (n for graph in graphs for n in graph.nodes):
        if accuracy := of_accuracy(node, wanted.classes):
            changes[node.name] = accuracy
    for head in heads:
        changes[head.node.name] = of_head(head, renamed[head.node.name], wanted.classes)
    blobs = {old: new for old, new in renamed.items() if _makes_its_name(old, heads)}
    made = changed(tree, changes, blobs)
    if any(map(reads, graphs)):
        made = with_sources(made, graphs, wanted.data)
    else:
        made = with_ends(with_data(made, graphs, wanted.data), graphs, blobs, wanted.data)
    nets = graphs_of(made, wanted.shapes, Phase.TRAIN)
    return FineTuning(
        made,
        {head.node.name: renamed[head.node.name] for head in heads},
        next(head.classes for head in heads if head.classes is not None),
        tuple(frozen),
        any(g.phase is Phase.TEST and reads(g) and g.loss_weights for g in nets),
        tuple(dict.fromkeys(source for graph in nets for source in _sources(graph))),
    )


def _new_name(name: str, suffix: str, graphs: Sequence[Graph]) -> str:
    taken = {n.name for g in graphs for n in g.nodes} | {b for g in graphs for b in g.blobs}
    new, count = f"{name}_{suffix}", 1
    while new in taken:
        count += 1
        new = f"{name}_{suffix}{count}"
    return new


def _makes_its_name(name: str, heads: Sequence[Head]) -> bool:
    return any(head.node.name == name and head.node.tops == (name,) for head in heads)


def _sources(graph: Graph) -> list[str]:
    """The files that data layers name."""
    found = (getattr(n.layer, "source", "") for n in graph.nodes if n.layer.makes_data)
    return [str(Path(source)) for source in found if source]
