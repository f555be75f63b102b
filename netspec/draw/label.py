"""What stands in the boxes of a diagram: Graphviz's HTML-like labels, with every name escaped."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import graphviz

from netspec.analysis import Cost
from netspec.draw.palette import BLOCKS, FAINT, FILLS, FRAME, INK, UNKNOWN_FILL, UNKNOWN_INK, fill
from netspec.draw.stack import Stack
from netspec.graph import Node
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.net import Phase
from netspec.units import amount, sizes, whole

LONGEST = 40  # characters of a name
A_ROW = 3  # followers side by side
UNKNOWN_TYPE = "unknown"


def text(content: str, size: float = 9, colour: str = FAINT, bold: bool = False) -> str:
    """A run of text; control characters, which no picture shows, become a mark."""
    inner = html.escape(_printable(content)).replace("\\", "\\\\")  # Graphviz expands \\N
    inner = f"<b>{inner}</b>" if bold else inner
    return f'<font point-size="{size:g}" color="{colour}">{inner}</font>'


def cut(name: str, longest: int = LONGEST) -> str:
    """A name, its middle left out where it is too long to be read at a glance."""
    if len(name) <= longest:
        return name
    front = (longest - 1) // 2
    return name[:front] + "…" + name[len(name) - (longest - 1 - front) :]


def table(rows: Iterable[str], fill: str, padding: int = 4, known: bool = True) -> str:
    """A box; a dashed one for what is not known."""
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    colour, style = (FRAME, "rounded") if known else (INK, "dashed,rounded")
    return (
        f'<<table border="1" color="{colour}" bgcolor="{fill}" style="{style}" '
        f'cellborder="0" cellspacing="2" cellpadding="{padding}">{body}</table>>'
    )


def stack_label(stack: Stack, name: str) -> str:
    """The head's caption in bold, its name, and a chip for each follower."""
    head = stack.head
    caption = head.caption
    lines = [text(f" {cut(caption)} ", 12, INK, bold=True)]
    if name and name != caption:
        lines.append(text(cut(name)))
    if not head.layer.known:
        lines.append(text(UNKNOWN_TYPE, 9, UNKNOWN_INK))
    if any(w != 1 for w in head.loss_weights if w):
        lines.append(text("weight " + ", ".join(f"{w:g}" for w in head.loss_weights if w)))
    rows = [f'<td cellpadding="2">{"<br/>".join(lines)}</td>']
    rows += _in_rows([_chip(node) for node in stack.followers])
    if not head.layer.known:
        return table(rows, UNKNOWN_FILL, padding=2, known=False)
    return table(rows, fill(head.layer.family, _learns(head)), padding=2)


def block_label(name: str, members: Sequence[Stack], cost: Cost) -> str:
    """A folded block: its name, how large it is, and a chip for each type that its boxes head."""
    inside = {node for stack in members for node in stack.nodes}
    parameters = sum(layer.parameters for layer in cost.layers if layer.node in inside)
    facts = f"{len(inside)} layers" + (f" · {amount(parameters)} parameters" if parameters else "")
    heads = Counter((s.head.type, fill(s.head.layer.family, _learns(s.head))) for s in members)
    chips = [
        f'<td bgcolor="{colour}" style="rounded">'
        f"{text(f'{count} {type}' if count > 1 else type, 9, INK)}</td>"
        for (type, colour), count in heads.items()
    ]
    lines = [text(f" {name} ", 12, INK, bold=True), text(facts)]
    return table([f'<td cellpadding="2">{"<br/>".join(lines)}</td>', *_in_rows(chips)], BLOCKS[1])


def _in_rows(chips: Sequence[str]) -> Iterator[str]:
    for at in range(0, len(chips), A_ROW):
        cells = "".join(chips[at : at + A_ROW])
        row = f'<table border="0" cellspacing="2" cellpadding="2"><tr>{cells}</tr></table>'
        yield f'<td cellpadding="0">{row}</td>'


def _learns(node: Node) -> bool:
    return bool(node.weights) if node.sized else type(node.layer).weights is not Layer.weights


def _chip(node: Node) -> str:
    idle = node.layer.identity_when(node.phase is Phase.TRAIN)
    shown = f"({node.caption})" if idle else node.caption
    colour = "#FFFFFF" if idle else fill(node.layer.family)
    return f'<td bgcolor="{colour}" style="rounded">{text(shown, 9, FAINT if idle else INK)}</td>'


def end_label(blob: str, shape: Shape, batch: int | None) -> str:
    """What goes in or comes out of the net."""
    return f"<{text(cut(blob), 11, INK, bold=True)}<br/>{text(sizes(shape, batch))}>"


def tooltip(stack: Stack) -> str:
    """Names, types and shapes, for a pointer that rests on the box."""
    lines = []
    for node in stack.nodes:
        tops = ", ".join(whole(shape) for shape in node.shapes)
        lines.append(f"{node.name}: {node.type} {tops}")
    return graphviz.escape(_printable(" | ".join(lines)))


def title(name: str, facts: str, families: Sequence[Family]) -> str:
    """The net's name, its size, and what the colours mean."""
    legend = "".join(
        f'<td bgcolor="{FILLS[f]}" style="rounded" cellpadding="3">{text(f.value, 9, INK)}</td>'
        for f in families
    )
    width = max(1, len(families))
    rows = [
        f'<td colspan="{width}">{text(cut(name, 60), 16, INK, bold=True)}</td>' if name else "",
        f'<td colspan="{width}">{text(facts, 10)}</td>',
        legend,
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows if row)
    return f'<<table border="0" cellborder="0" cellspacing="4" cellpadding="1">{body}</table>>'


def _printable(content: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in content)
