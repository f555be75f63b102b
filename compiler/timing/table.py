"""Times as a table of 80 columns, by layer, block or type; the slow rows have the long bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len, set_cell_size

from compiler.timing.blocks import paths
from compiler.timing.measure import LayerTime, Timing
from netspec.analysis.table import cut

BAR, LEAST_NAME, GAP = 12, 12, 2
EIGHTHS = " ▏▎▍▌▋▊▉█"
HEADING = ("", "", "forward", "backward", "share")


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
    outer = {node: path[0] if path else "" for node, path in paths(timing.graph).items()}
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
    first = by, "type" if by == "layer" else ""
    cells = [
        (*first, *HEADING[2:], ""),
        *(
            (r.name, r.kind, ms(r.forward), ms(r.backward), f"{r.share:.1%}", _bar(r.share / most))
            for r in table
        ),
    ]
    wanted = [max(cell_len(line[i]) for line in cells) for i in range(5)]
    room = width - sum(wanted[2:]) - BAR - 5 * GAP
    kind = min(wanted[1], max(10, room - wanted[0]))
    name = min(wanted[0], max(LEAST_NAME, room - kind))
    for line in cells:
        numbers = (cell.rjust(wanted[i]) for i, cell in enumerate(line[2:5], 2))
        left = (set_cell_size(cut(line[i], w), w) for i, w in enumerate((name, kind)))
        yield (" " * GAP).join((*left, *numbers, line[5])).rstrip()


def _bar(part: float) -> str:
    eighths = round(8 * BAR * part)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


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
