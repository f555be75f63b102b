"""Graph ▶ one HTML file: the diagram to move about and search in, and the details of each box.

page.css and page.js become part of the file, which needs nothing else and no network.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from netspec.analysis import LayerCost
from netspec.draw.drawing import Drawing
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Message
from netspec.schema.settings import NOWHERE
from netspec.units import amount, whole

HINT = (
    "drag or scroll to move, Ctrl and scroll to zoom, click to keep; "
    "/ searches, the arrows follow the lines, 0 shows all, Esc leaves"
)


def page(drawing: Drawing, picture: bytes) -> bytes:
    """The page of a drawing whose picture is an SVG made by Graphviz."""
    picture_only = picture[picture.index(b"<svg") :].decode()
    details = json.dumps(dict(_details(drawing)), ensure_ascii=False).replace("</", "<\\/")
    name = html.escape(drawing.graph.name or "net")
    return f"""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{name}</title><style>
{_part("page.css")}</style></head><body>
{picture_only}
<header><input type="search" placeholder="search layers" aria-label="search layers">
<button id="out" aria-label="zoom out">−</button><button id="in" aria-label="zoom in">+</button>
<button id="all">all</button><output></output></header>
<aside hidden aria-live="polite"></aside>
<footer>{HINT}</footer>
<script type="application/json" id="details">{details}</script>
<script type="module">
{_part("page.js")}</script></body></html>
""".encode()


def _part(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _details(drawing: Drawing) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """For each box, its layers: a name, and facts under their headings."""
    costs = {layer.node: layer for layer in drawing.cost.layers}
    boxes: dict[str, list[dict[str, Any]]] = {}
    for stack in drawing.shown:
        layers = [{"name": n.name, "facts": _facts(costs[n])} for n in stack.nodes]
        boxes.setdefault(drawing.ids[stack], []).extend(layers)
    yield from boxes.items()


def _facts(cost: LayerCost) -> dict[str, str]:
    node = cost.node
    settings = print_prototxt(Message(list(node.layer.unbind_fields()), NOWHERE))
    known = node.type if node.layer.known else f"{node.type}, which is not known here"
    facts = {"type": known} | ({"settings": settings} if settings else {})
    if node.shapes:
        facts["output"] = ", ".join(whole(shape) for shape in node.shapes)
    counts = {"parameters": cost.parameters, "shared": cost.shared, "statistics": cost.statistics}
    facts |= {name: f"{count:,}" for name, count in counts.items() if count}
    if cost.macs:
        facts["MACs"] = amount(cost.macs)
    if node.span:
        facts["written"] = f"{Path(node.span.source.name).name}, line {node.span.line}"
    return facts
