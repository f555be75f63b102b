"""The cost of a net as a table of text: names give way, numbers never do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from netspec.analysis.cost import Cost, LayerCost
from netspec.columns import cells, fitted, shortened
from netspec.graph import Node
from netspec.schema.layer import Family
from netspec.source import printable
from netspec.units import UNKNOWN, amount, sizes

MOST = 10**12  # from here on a count is written with a prefix
SHAPE = 24  # columns; a shape of many axes is cut
LEAST_NAME, LEAST_TYPE = 12, 10


@dataclass(frozen=True)
class Row:
    """A line of the table: a layer, or one more top of the layer above."""

    layer: str
    type: str
    output: str
    parameters: str
    macs: str
    family: Family | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        shape = shortened(self.output, SHAPE)
        return self.layer, self.type, shape, self.parameters, self.macs


def rows(cost: Cost) -> list[Row]:
    """A row or more for each layer."""
    return [row for layer in cost.layers for row in _layer_rows(layer, cost)]


def block_rows(cost: Cost, blocks: Mapping[Node, str]) -> list[Row]:
    """A row for each block, with the sums of its layers; a layer outside all has its own."""
    made: list[Row] = []
    for block, members in groupby(cost.layers, key=lambda layer: blocks.get(layer.node, "")):
        layers = list(members)
        if not block:
            made += [row for layer in layers for row in _layer_rows(layer, cost)]
            continue
        learned = sum(layer.parameters for layer in layers)
        statistics = sum(layer.statistics for layer in layers)
        shapes = layers[-1].node.shapes
        sized = all(layer.node.sized for layer in layers)
        made.append(
            Row(
                printable(block),
                f"{len(layers)} layers",
                sizes(shapes[0], cost.batch) if shapes else "",
                _parameters(learned, statistics, 0) if sized else UNKNOWN,
                _macs(sum(layer.macs for layer in layers), cost) if sized else UNKNOWN,
            )
        )
    return made


def _layer_rows(layer: LayerCost, cost: Cost) -> Iterator[Row]:
    node = layer.node
    first, *more = [sizes(shape, cost.batch) for shape in node.shapes] or [""]
    yield Row(
        printable(node.name),
        node.type if node.layer.known else f"{node.type} (unknown)",
        first,
        _parameters(layer.parameters, layer.statistics, layer.shared) if node.sized else UNKNOWN,
        _macs(layer.macs, cost) if node.sized else UNKNOWN,
        node.layer.family,
    )
    for shape in more:
        yield Row("", "", shape, "", "", node.layer.family)


def _parameters(learned: int, statistics: int, shared: int) -> str:
    if learned:
        return _count(learned)
    if statistics:
        return f"({_count(statistics)})"
    return "shared" if shared else ""


def _count(number: int) -> str:
    return f"{number:,}" if number < MOST else amount(number)


def _macs(macs: int, cost: Cost) -> str:
    return amount(cost.per_item(macs)) if macs else ""


def lay_out(found: Sequence[Row], cost: Cost, width: int = 80) -> Iterator[list[str]]:
    """The heading, then each row, its cells padded; together with gaps at most `width` columns."""
    heading = ("layer", "type", "output", "parameters", "MACs/item" if cost.batch else "MACs")
    table = [heading, *(row.cells for row in found)]
    widths = fitted(table, width, (LEAST_NAME, LEAST_TYPE))
    yield from (cells(row, widths, left=(0, 1, 2)) for row in table)


def totals(cost: Cost) -> list[str]:
    """What stands under the table: each amount with its unit, and what it is counted for."""
    lines = [f"{amount(cost.parameters)} parameters ({cost.parameters:,})"]
    if cost.unsized:
        unknown = [layer.node for layer in cost.layers if not layer.node.layer.known]
        types = ", ".join(dict.fromkeys(printable(node.type) for node in unknown))
        below = cost.unsized - len(unknown)
        told = f"not counted: {len(unknown)} unknown ({types})"
        lines.insert(0, told + (f" and {below} below, of unknown size" if below else ""))
    if cost.statistics:
        lines.append(f"{cost.statistics:,} statistics (in brackets): kept with them, not learned")
    for name, number in (("MACs", cost.macs), ("activations", cost.activations)):
        if cost.batch is None:
            lines.append(f"{amount(number)} {name} in all: the inputs have no first axis in common")
        elif cost.batch == 1:
            lines.append(f"{amount(number)} {name} for a batch of one")
        else:
            each = amount(cost.per_item(number))
            lines.append(f"{each} {name} per item, {amount(number)} for the batch of {cost.batch}")
    return lines
