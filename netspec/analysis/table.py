"""The cost of a net as a table of text: names give way, numbers never do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len, set_cell_size

from netspec.analysis.cost import Cost, LayerCost
from netspec.graph import Node
from netspec.schema.layer import Family
from netspec.units import UNKNOWN, amount, sizes

GAP = 2
MOST = 10**12  # from here on a count is written with a prefix
SHAPE = 24  # columns; a shape of many axes is cut
LEAST_NAME, LEAST_TYPE = 12, 10


Cells = tuple[str, str, str, str, str]


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
    def cells(self) -> Cells:
        return self.layer, self.type, self.output, self.parameters, self.macs


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
                _printable(block),
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
        _printable(node.name),
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


def lay_out(found: Sequence[Row], cost: Cost, width: int = 80) -> Iterator[Cells]:
    """The heading, then each row, its cells padded; together with gaps at most `width` columns."""
    heading = ("layer", "type", "output", "parameters", "MACs/item" if cost.batch else "MACs")
    table = [heading, *((*r.cells[:2], cut(r.output, SHAPE), *r.cells[3:]) for r in found)]
    wanted = [max(cell_len(cells[i]) for cells in table) for i in range(len(heading))]
    room = width - sum(wanted[2:]) - GAP * (len(heading) - 1)
    kind = min(wanted[1], max(LEAST_TYPE, room - wanted[0]))
    columns = [min(wanted[0], max(LEAST_NAME, room - kind)), kind, *wanted[2:]]
    for layer, type, output, parameters, macs in table:
        yield (
            set_cell_size(cut(layer, columns[0]), columns[0]),
            set_cell_size(cut(type, columns[1]), columns[1]),
            set_cell_size(output, columns[2]),
            parameters.rjust(columns[3]),
            macs.rjust(columns[4]),
        )


def cut(name: str, columns: int) -> str:
    """A name, its middle left out where it is wider than so many columns of a terminal."""
    if cell_len(name) <= columns:
        return name
    front = set_cell_size(name, (columns - 1) // 2).rstrip()
    back = name
    while cell_len(back) > columns - 1 - cell_len(front):
        back = back[1:]
    return f"{front}…{back}"


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


def totals(cost: Cost) -> list[str]:
    """What stands under the table: each amount with its unit, and what it is counted for."""
    lines = [f"{amount(cost.parameters)} parameters ({cost.parameters:,})"]
    if cost.unsized:
        unknown = [layer.node for layer in cost.layers if not layer.node.layer.known]
        types = ", ".join(dict.fromkeys(_printable(node.type) for node in unknown))
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
