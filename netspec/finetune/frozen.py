"""Which layers are kept as they were trained: those that a layer is computed from, or all."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from netspec.diagnostics import Diagnostic, SpecError, nearest, some
from netspec.graph import Graph, Node

ALL = "all"


def frozen_layers(
    graphs: Sequence[Graph], until: str | None, heads: Collection[str]
) -> dict[str, Node]:
    """The layers with parameters, by name, from the data up to and including `until`.

    "all" are all but the heads. Raises SpecError C261 where there is no such layer.
    """
    if until is None:
        return {}
    if until == ALL:
        below = [n for g in graphs for n in g.nodes]
    else:
        named = [(g, n) for g in graphs for n in g.nodes if n.name == until]
        if not named or until in heads:
            known = [n.name for g in graphs for n in g.nodes if n.weights and n.name not in heads]
            message = f"the net has no layer {until} below its head"
            help = nearest(until, known) or f"layers with parameters are {some(known)}"
            raise SpecError(Diagnostic("C261", message, None, help))
        below = [n for _, node in named for n in _computed_from(node)]
    kept = set(below)
    every = [n for g in graphs for n in g.nodes if n in kept]
    return {n.name: n for n in every if n.weights and n.name not in heads}


def _computed_from(node: Node) -> list[Node]:
    """A layer and all that it is computed from."""
    seen: dict[Node, None] = {}
    todo = [node]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen[here] = None
            todo += [bottom.node for bottom in here.bottoms]
    return list(seen)
