"""Times as a picture: as wide as the time that it takes, blocks above the layers inside them.

From left to right in file order. A layer's forward pass has the colour of its family, its backward
pass a darker one.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from compiler.timing.measure import LayerTime, Timing
from compiler.timing.table import ms
from netspec.atomic import write_text
from netspec.draw.block import layer_blocks, shortened
from netspec.draw.palette import FAINT, FILLS, FONT, INK
from netspec.picture import require_picture

BLOCK = "#EAEDF1"
WIDTH, HIGH, MARGIN, TITLE = 1200.0, 22.0, 16.0, 52.0
LETTER = 6.4  # points of width, of a letter of 11 points on average
ENDINGS = (".svg", ".html")
SCRIPT = """
const svg = document.querySelector("svg"), all = [...svg.querySelectorAll("g.box")];
const left = +svg.dataset.left, whole = +svg.dataset.width;
function zoom(box) {
  const x = box ? +box.dataset.x : left, w = box ? +box.dataset.w : whole, scale = whole / w;
  for (const g of all) {
    const at = left + (g.dataset.x - x) * scale, wide = g.dataset.w * scale;
    g.style.display = at + wide < left + 0.5 || at > left + whole - 0.5 ? "none" : "";
    const from = Math.max(at, left), to = Math.min(at + wide, left + whole);
    for (const r of g.querySelectorAll("rect")) {
      const part = +(r.dataset.part || 1), offset = +(r.dataset.from || 0);
      r.setAttribute("x", Math.max(from, at + offset * wide));
      r.setAttribute("width", Math.max(0, Math.min(to, at + (offset + part) * wide) -
                                          Math.max(from, at + offset * wide)));
    }
    const t = g.querySelector("text");
    if (t) {
      t.setAttribute("x", from + 5);
      const room = Math.floor((to - from - 8) / 6.4);
      t.textContent = room >= g.dataset.name.length ? g.dataset.name :
        room > 2 ? g.dataset.name.slice(0, room - 1) + "…" : "";
    }
  }
}
for (const g of all) g.addEventListener("click", event => { zoom(g); event.stopPropagation(); });
document.addEventListener("click", () => zoom(null));
"""


@dataclass
class Box:
    """A block or a layer: where it begins, in milliseconds, how long it takes, what is inside."""

    name: str
    start: float
    length: float
    layer: LayerTime | None = None
    inside: list[Box] = field(default_factory=list)

    @property
    def depth(self) -> int:
        return 1 + max((box.depth for box in self.inside), default=0)


def boxes(timing: Timing) -> Box:
    """The net as a box of boxes; blocks that a file comes back to are there as often."""
    around = layer_blocks(timing.graph)
    whole = Box(timing.graph.name or "net", 0.0, 0.0)
    open_now: list[Box] = [whole]
    for layer in timing.layers:
        path = around[layer.node]
        kept = 1
        while kept < len(open_now) and kept <= len(path) and open_now[kept].name == path[kept - 1]:
            kept += 1
        del open_now[kept:]
        for name in path[kept - 1 :]:
            block = Box(name, whole.length, 0.0)
            open_now[-1].inside.append(block)
            open_now.append(block)
        name = shortened(layer.node.name, path)
        open_now[-1].inside.append(Box(name, whole.length, layer.total, layer))
        for box in open_now:
            box.length += layer.total
    return whole


def draw_flame(timing: Timing, path: Path) -> None:
    """Write the picture as .svg, or as .html in which a click looks closer.

    Raises SpecError: D101 another ending, D102 the file cannot be written.
    """
    require_picture(path, ENDINGS)
    picture = svg(timing)
    if path.suffix.lower() == ".html":
        picture = (
            f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>'
            f"{html.escape(timing.graph.name or 'net')}</title></head><body>{picture}"
            f"<script>{SCRIPT}</script></body></html>"
        )
    write_text(path, picture)


def svg(timing: Timing) -> str:
    """The picture; every box tells its times where the mouse rests on it."""
    whole = boxes(timing)
    scale = (WIDTH - 2 * MARGIN) / (whole.length or 1.0)
    high = TITLE + whole.depth * (HIGH + 2) + MARGIN
    head = f"{timing.graph.name or 'net'}: {timing.graph.phase.name}, {timing.device}"
    sums = f"forward {ms(timing.forward)}, backward {ms(timing.backward)}"
    batch = f", batch {timing.batch}" if timing.batch else ""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {high:g}" '
        f'data-left="{MARGIN:g}" data-width="{WIDTH - 2 * MARGIN:g}" '
        f'font-family="{FONT}, Arial, sans-serif" font-size="11">',
        f'<rect width="{WIDTH:g}" height="{high:g}" fill="white"/>',
        f'<text x="{MARGIN:g}" y="22" font-size="15" fill="{INK}">{html.escape(head)}</text>',
        f'<text x="{MARGIN:g}" y="40" fill="{FAINT}">{sums}{batch}; the darker part of a layer '
        "is its backward pass</text>",
        *_drawn(whole, 0, scale),
        "</svg>",
    ]
    return "\n".join(lines)


def _drawn(box: Box, level: int, scale: float) -> Iterator[str]:
    x, y, width = MARGIN + box.start * scale, TITLE + level * (HIGH + 2), box.length * scale
    yield (
        f'<g class="box" data-x="{x:.2f}" data-w="{width:.2f}" '
        f'data-name="{html.escape(box.name)}"><title>{html.escape(_told(box))}</title>'
    )
    place = f'y="{y:g}" height="{HIGH:g}" stroke="white" stroke-width="0.6"'
    if box.layer is None:
        yield f'<rect x="{x:.2f}" width="{width:.2f}" {place} fill="{BLOCK}"/>'
    else:
        yield from _passes(box.layer, x, width, place)
    name = _fitting(box.name, width)
    yield f'<text x="{x + 5:.2f}" y="{y + 15:g}" fill="{INK}">{name}</text></g>'
    for inner in box.inside:
        yield from _drawn(inner, level + 1, scale)


def _passes(layer: LayerTime, x: float, width: float, place: str) -> Iterator[str]:
    color = FILLS[layer.node.layer.family]
    forth = layer.forward / layer.total if layer.total else 1.0
    parts: Sequence[tuple[float, float, float]] = ((0.0, forth, 1.0), (forth, 1 - forth, 0.72))
    for start, part, light in parts:
        yield (
            f'<rect data-from="{start:.4f}" data-part="{part:.4f}" x="{x + start * width:.2f}" '
            f'width="{part * width:.2f}" {place} fill="{_shaded(color, light)}"/>'
        )


def _shaded(color: str, light: float) -> str:
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part * light):02X}" for part in parts)


def _fitting(name: str, width: float) -> str:
    room = int((width - 8) / LETTER)
    if room < 3:
        return ""
    return html.escape(name if len(name) <= room else name[: room - 1] + "…")


def _told(box: Box) -> str:
    if box.layer is None:
        return f"{box.name}: {ms(box.length)}"
    layer = box.layer
    both = f"forward {ms(layer.forward)}, backward {ms(layer.backward)}"
    return f"{layer.node.name} ({layer.node.type}): {both}"
