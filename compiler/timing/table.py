"""Times as a table of 80 columns, by layer, block or type; the slow rows have the long bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from compiler.timing.measure import LayerTime, Timing
from netspec.columns import GAP, bar, fitted, line
from netspec.draw.block import layer_blocks

BAR, LEAST_NAME, LEAST_TYPE = 12, 12, 10  # columns


@dataclass(frozen=True)
class Row:
    """Layers taken together; `backward` is None where nothing goes back through any of them."""

    name: str
    kind: str
    forward: float
    backward: float | None
    share: float  # of both passes of all layers


def rows(timing: Timing, by: str) -> list[Row]:
    """A row for each layer, in file order; or each block; or each type, the slowest first."""
    whole = sum(layer.total for layer in timing.layers) or 1.0
    if by == "layer":
        return [_row(n.node.name, n.node.type, [n], whole) for n in timing.layers]
    if by == "block":
        return list(_blocks(timing, whole))
    kinds: dict[str, list[LayerTime]] = {}
    for layer in timing.layers:
        kinds.setdefault(layer.node.type, []).append(layer)
    made = [_row(kind, _count(layers), layers, whole) for kind, layers in kinds.items()]
    return sorted(made, key=lambda row: -row.share)


def _blocks(timing: Timing, whole: float) -> Iterator[Row]:
    outer = {node: path[0] if path else "" for node, path in layer_blocks(timing.graph).items()}
    for name, members in groupby(timing.layers, key=lambda layer: outer[layer.node]):
        layers = list(members)
        if name:
            yield _row(name, _count(layers), layers, whole)
        else:
            yield from (_row(n.node.name, n.node.type, [n], whole) for n in layers)


def _count(layers: Sequence[LayerTime]) -> str:
    return f"{len(layers)} layers" if len(layers) > 1 else "1 layer"


def _row(name: str, kind: str, layers: Sequence[LayerTime], whole: float) -> Row:
    back = [layer.backward for layer in layers if layer.backward is not None]
    total = sum(layer.total for layer in layers)
    forward = sum(layer.forward for layer in layers)
    return Row(name, kind, forward, sum(back) if back else None, total / whole)


def lay_out(table: Sequence[Row], by: str, width: int = 80) -> Iterator[str]:
    """The heading and a line for each row, at most `width` columns wide."""
    most = max((row.share for row in table), default=1.0)
    heading = (by, "type" if by == "layer" else "", "forward", "backward", "share")
    rows = [(r.name, r.kind, ms(r.forward), ms(r.backward), f"{r.share:.1%}") for r in table]
    widths = fitted((heading, *rows), width - BAR - len(GAP), (LEAST_NAME, LEAST_TYPE))
    yield line(heading, widths, left=(0, 1))
    for cells, row in zip(rows, table):
        yield f"{line(cells, widths, left=(0, 1))}{GAP}{bar(row.share / most, BAR)}".rstrip()


def ms(time: float | None) -> str:
    """Milliseconds, and microseconds behind the point."""
    return "-" if time is None else f"{time:,.3f} ms"


def totals(timing: Timing) -> list[str]:
    """What stands under the table: Caffe's three lines, and what they were taken on."""
    lines = [
        f"Average Forward pass: {ms(timing.forward)}.",
        f"Average Backward pass: {ms(timing.backward)}.",
        f"Average Forward-Backward: {ms(timing.total)}.",
    ]
    if timing.items_per_second is not None:
        batch = f"batch {timing.batch}"
        lines.append(f"{timing.items_per_second:,.1f} items/s, {batch}, both passes")
    return lines
