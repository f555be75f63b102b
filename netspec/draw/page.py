"""Graph ▶ one HTML file: the diagram to pan and zoom, and the details of the box pointed at."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netspec.analysis import LayerCost
from netspec.draw.drawing import Drawing
from netspec.draw.palette import FAINT, FONT, INK
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Message
from netspec.schema.settings import NOWHERE
from netspec.units import amount, whole

STYLE = f"""\
html, body {{ margin: 0; height: 100%; overflow: hidden; font: 13px {FONT}, Arial, sans-serif;
  color: {INK}; background: white; }}
svg {{ width: 100%; height: 100%; cursor: grab; user-select: none; }}
svg:active {{ cursor: grabbing; }}
.faded {{ opacity: 0.25; }}
g.node {{ cursor: default; }}
aside {{ position: fixed; top: 12px; right: 12px; width: 300px; max-height: calc(100% - 48px);
  overflow: auto; padding: 10px 14px; background: #FFFFFFEE; border: 1px solid #B8C1CA;
  border-radius: 8px; }}
aside h2 {{ font-size: 13px; margin: 8px 0 2px; overflow-wrap: anywhere; }}
aside dl {{ margin: 0; display: grid; grid-template-columns: auto 1fr; gap: 1px 10px; }}
aside dt {{ color: {FAINT}; }}
aside dd {{ margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }}
footer {{ position: fixed; bottom: 8px; left: 12px; color: {FAINT}; font-size: 11px; }}
"""

SCRIPT = """\
const details = JSON.parse(document.getElementById("details").textContent);
const svg = document.querySelector("svg"), panel = document.querySelector("aside");
const nodes = new Map(), edges = [];
for (const group of svg.querySelectorAll("g.node, g.edge")) {
  const title = group.querySelector("title").textContent;
  if (group.classList.contains("node")) nodes.set(title, group);
  else edges.push([group, ...title.split("->")]);
}
for (const element of svg.querySelectorAll("title")) element.remove();
for (const link of svg.querySelectorAll("a")) link.removeAttribute("xlink:title");

function show(name) {
  const near = new Set([name]);
  for (const [group, tail, head] of edges) {
    const mine = tail === name || head === name;
    if (mine) near.add(tail).add(head);
    group.classList.toggle("faded", name !== null && !mine);
  }
  for (const [other, group] of nodes) {
    group.classList.toggle("faded", name !== null && !near.has(other));
  }
  panel.hidden = !details[name];
  panel.replaceChildren(...(details[name] || []).flatMap(layer => {
    const heading = document.createElement("h2"), list = document.createElement("dl");
    heading.textContent = layer.name;
    for (const [key, value] of Object.entries(layer.facts)) {
      const term = document.createElement("dt"), definition = document.createElement("dd");
      term.textContent = key;
      definition.textContent = value;
      list.append(term, definition);
    }
    return [heading, list];
  }));
}
for (const [name, group] of nodes) {
  group.addEventListener("pointerenter", () => show(name));
  group.addEventListener("pointerleave", () => show(null));
}

const box = svg.viewBox.baseVal, whole = { x: box.x, y: box.y, width: box.width };
svg.removeAttribute("width");
svg.removeAttribute("height");
let view;
function look(x, y, width) {
  view = { x, y, width, unit: width / innerWidth };
  svg.setAttribute("viewBox", `${x} ${y} ${width} ${innerHeight * view.unit}`);
}
function reset() {
  const width = Math.max(whole.width, 0.75 * innerWidth);
  look(whole.x - (width - whole.width) / 2, whole.y, width);
}
svg.addEventListener("wheel", event => {
  event.preventDefault();
  if (!event.ctrlKey) {
    look(view.x + event.deltaX * view.unit, view.y + event.deltaY * view.unit, view.width);
    return;
  }
  const share = 1 - Math.exp(event.deltaY / 200), { x, y, width, unit } = view;
  look(x + event.clientX * unit * share, y + event.clientY * unit * share, width * (1 - share));
}, { passive: false });
svg.addEventListener("pointermove", event => {
  if (event.buttons & 1) {
    look(view.x - event.movementX * view.unit, view.y - event.movementY * view.unit, view.width);
  }
});
svg.addEventListener("dblclick", reset);
addEventListener("resize", () => look(view.x, view.y, view.unit * innerWidth));
reset();
"""


def page(drawing: Drawing, picture: bytes) -> bytes:
    """The page of a drawing whose picture is an SVG made by Graphviz."""
    picture_only = picture[picture.index(b"<svg") :].decode()
    details = json.dumps(dict(_details(drawing)), ensure_ascii=False).replace("</", "<\\/")
    name = html.escape(drawing.graph.name or "net")
    return f"""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title><style>
{STYLE}</style></head><body>
{picture_only}
<aside hidden></aside>
<footer>drag or scroll to move, Ctrl and scroll to zoom, double-click for the top</footer>
<script type="application/json" id="details">{details}</script>
<script>
{SCRIPT}</script></body></html>
""".encode()


def _details(drawing: Drawing) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """For each box, its layers: a name, and facts under their headings."""
    costs = {layer.node: layer for layer in drawing.cost.layers}
    for stack in drawing.shown:
        layers = [{"name": n.name, "facts": _facts(costs[n])} for n in stack.nodes]
        yield drawing.ids[stack], layers


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
