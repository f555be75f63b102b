"""Graph ▶ graphviz.Digraph: layers as boxes, shapes on the lines, blocks in frames."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from itertools import pairwise

import graphviz

from netspec.draw import palette
from netspec.draw.block import Path, shortened
from netspec.draw.columns import cuts
from netspec.draw.drawing import Drawing, Edge, Line
from netspec.draw.label import block_label, cut, end_label, stack_label, text, title, tooltip
from netspec.graph import Graph
from netspec.schema.layer import Family
from netspec.units import amount, sizes

GRAPH = {"fontname": palette.FONT, "labelloc": "t", "nodesep": "0.25", "ranksep": "0.3"}
NODE = {"fontname": palette.FONT, "shape": "plain"}
EDGE = {
    "fontname": palette.FONT,
    "fontsize": "9",
    "fontcolor": palette.FAINT,
    "color": palette.LINE,
    "arrowsize": "0.6",
}
FRAME = {"labeljust": "l", "style": "rounded,filled", "color": palette.FRAME, "margin": "8"}
END = {"shape": "box", "style": "rounded,filled", "fillcolor": "white", "color": palette.INK}
LINK = {
    "shape": "circle",
    "width": "0.22",
    "margin": "0",
    "fixedsize": "true",
    "fontsize": "9",
    "fontcolor": palette.FAINT,
    "color": palette.LINE,
}
LINES = {
    Line.FLOW: {},
    Line.TARGET: {"style": "dotted", "arrowsize": "0.4"},
    Line.SHARED: {
        "style": "dashed",
        "dir": "none",
        "constraint": "false",
        "color": palette.SHARED,
        "fontcolor": palette.SHARED,
        "label": "shared",
    },
}


def digraph(
    graph: Graph,
    direction: str = "TB",
    flat: bool = False,
    collapse: bool = False,
    depth: int | None = None,
    columns: int = 1,
) -> graphviz.Digraph:
    """The diagram of a graph. `direction` is Graphviz's rankdir, TB (down) or LR (to the right).

    `flat` gives every layer a box of its own; `collapse` draws equal blocks in a row once. `depth`
    draws each block that is so deep as one box; then `collapse` draws blocks of one form once,
    whatever their sizes. `columns` is how many there are at most, side by side; rows with LR.
    """
    return diagram(Drawing(graph, flat, collapse, depth), direction, columns)


def diagram(drawing: Drawing, direction: str = "TB", columns: int = 1) -> graphviz.Digraph:
    """The same of a graph that has been cut into boxes."""
    made = graphviz.Digraph("net", graph_attr=GRAPH, node_attr=NODE, edge_attr=EDGE)
    made.attr(rankdir=direction, pad="0.2", bgcolor="white", label=_title(drawing))
    _frame(drawing, (), made, itertools.count())
    for value, name in (drawing.inputs | drawing.outputs).items():
        made.node(name, end_label(value.blob, value.shape, drawing.cost.batch), **END)
    _lines(drawing, made, cuts(drawing, columns))
    return made


def _lines(drawing: Drawing, made: graphviz.Digraph, ends: Sequence[str]) -> None:
    """All lines; those out of the box that ends a column go on from a circle beside."""
    numbers = {box: str(i) for i, box in enumerate(ends, 1)}
    ended: set[str] = set()
    for edge in drawing.edges():
        line, number = _line(edge, drawing.cost.batch), numbers.get(edge.tail)
        if number is None or edge.line is not Line.FLOW:
            made.edge(edge.tail, edge.head, **line)
            continue
        if number not in ended:
            ended.add(number)
            made.node(f"end{number}", number, **LINK)
            made.node(f"begin{number}", number, **LINK)
            made.edge(edge.tail, f"end{number}", **line)
        made.edge(f"begin{number}", edge.head)
    heads = [*list(drawing.inputs.values())[:1], *(f"begin{n}" for n in numbers.values())]
    with made.subgraph(graph_attr={"rank": "same"}) as side_by_side:
        for one, next in pairwise(heads if ends else ()):
            side_by_side.edge(one, next, style="invis", weight="0")


def _title(drawing: Drawing) -> str:
    found = drawing.cost
    facts = [f"{amount(found.parameters)} parameters"]
    if found.macs:
        per_item = " per item" if found.batch else ""
        facts.append(f"{amount(found.per_item(found.macs))} MACs{per_item}")
    if found.batch:
        facts.append(f"batch {found.batch}")
    facts.append(drawing.graph.phase.name)
    if found.unsized:
        facts.append(f"{found.unsized} of {len(found.layers)} layers not counted")
    used = {node.layer.family for node in drawing.home if node.layer.known}
    return title(drawing.graph.name, " · ".join(facts), [f for f in Family if f in used])


def _frame(drawing: Drawing, path: Path, into: graphviz.Digraph, number: Iterator[int]) -> None:
    """Draw what stands in a block itself, and the blocks in it, numbered from the outside in."""
    inner: dict[Path, None] = {}
    for stack in drawing.shown:
        found = drawing.paths[stack]
        if found == path or path in drawing.folded:
            for value, name in drawing.targets_of(stack):
                into.node(name, f"<{text(cut(value.blob))}>")
        if path in drawing.folded:
            continue
        if found == path:
            name = shortened(stack.head.name, path)
            label = stack_label(stack, "" if name in path else name)
            into.node(drawing.ids[stack], label, tooltip=tooltip(stack))
        elif found[: len(path)] == path:
            inner[found[: len(path) + 1]] = None
    for block in inner:
        alike = drawing.repeats.blocks.get(block, ())
        name = cut(block[-1]) + (f" … {cut(alike[-1][-1])} ×{len(alike)}" if alike else "")
        if members := drawing.folded.get(block):
            into.node(drawing.ids[members[0]], block_label(name, members, drawing.cost))
            _frame(drawing, block, into, number)
            continue
        with into.subgraph(name=f"cluster{next(number)}") as frame:
            frame.attr(
                label=f"<{text(name, 10, bold=True)}>",
                fillcolor=palette.BLOCKS[len(block) % 2],
                peripheries="2" if alike else "1",
                **FRAME,
            )
            _frame(drawing, block, frame, number)


def _line(edge: Edge, batch: int | None) -> dict[str, str]:
    label = {"label": f" {sizes(edge.value.shape, batch)} "} if edge.value else {}
    return LINES[edge.line] | ({"weight": "4"} if edge.trunk else {}) | label
