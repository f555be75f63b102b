"""A rewritten net in the language that it was written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netspec.build import build, open_tree
from netspec.diagnostics import Report, SpecError
from netspec.graph import Graph, Node
from netspec.language.tree import Field, Message
from netspec.language.yaml.words import resolve_net
from netspec.layers import FACTS, LAYERS
from netspec.rewrite.edit import Edit
from netspec.rewrite.text import text_of
from netspec.rewrite.tree import apply
from netspec.schema.net import NetState
from netspec.schema.one_line import describe
from netspec.source import Source

MESSAGES = {name: cls.message for name, cls in LAYERS.items() if cls.message}


@dataclass(frozen=True)
class Spec:
    """A file that is to be rewritten, and how its nets are built."""

    source: Source
    tree: Message
    shapes: dict[str, tuple[int, ...]]

    @classmethod
    def open(cls, source: Source, shapes: dict[str, tuple[int, ...]] | None = None) -> Spec:
        """Raises SpecError where the file cannot be read."""
        report = Report()
        tree = resolve_net(open_tree(source, report), FACTS)
        report.stop()
        return cls(source, tree, shapes or {})

    def graph(self, state: NetState, tree: Message | None = None) -> Graph:
        """A net of the file, or of a rewritten tree of it; raises SpecError."""
        return build(
            self.tree if tree is None else tree, state.phase, state.level, state.stage, self.shapes
        )


@dataclass(frozen=True)
class NewSpec:
    """What a rewrite makes of a file; `made` are the layers that came with each edit."""

    text: str
    tree: Message
    made: tuple[tuple[Field, ...], ...]


def rewrite(
    spec: Spec, edits: Sequence[Edit], states: Sequence[NetState], output: Path | None = None
) -> NewSpec:
    """The file with the edits made; what is written means what they say in all the states.

    It is to lie at `output`, or where it was. Raises SpecError where a net of the file can no
    longer be built.
    """
    rewritten = apply(spec.tree, edits, MESSAGES)
    meant = [spec.graph(state, rewritten.tree) for state in states]

    def says(text: str) -> bool:
        try:
            new = Spec.open(Source(str(output or spec.source.name), text), spec.shapes)
            return all(same_net(new.graph(s), net) for s, net in zip(states, meant))
        except SpecError:
            return False

    text = text_of(spec.source, spec.tree, rewritten.tree, says, output, edits)
    return NewSpec(text, rewritten.tree, rewritten.made)


def same_net(one: Graph, other: Graph) -> bool:
    """Whether two nets have the same layers, wired the same way, whatever they are called."""
    return list(_nameless(one)) == list(_nameless(other))


def _nameless(graph: Graph) -> Iterator[tuple[object, ...]]:
    """Each layer, with what it reads by the number of the layer that makes it."""
    numbers = {node: i for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        yield _told(node, numbers)


def _told(node: Node, numbers: Mapping[Node, int]) -> tuple[object, ...]:
    bottoms = tuple((numbers[b.node], b.index) for b in node.bottoms)
    params = tuple((p.lr_mult, p.decay_mult) for p in node.params)
    return describe(node.layer), bottoms, node.shapes, params, node.loss_weights
