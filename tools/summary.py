"""Print what each layer of a net makes and costs: output shape, parameters, multiply-accumulates.

MACs are those of one forward pass for one item of the batch: the whole batch's, divided by the
first axis of the inputs. Parameters are the learned ones; numbers in brackets are statistics, such
as a BatchNorm's moving averages. A parameter that layers share is counted at its first layer.

    netspec summary specs/resnet/resnet-18.yaml --depth 1
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tools import arguments as common
from tools.batch import blocks
from tools.show import print_json

if TYPE_CHECKING:
    from netspec.analysis import Cost
    from netspec.analysis.table import Row

WIDEST = 120
COLOURS = {
    "DATA": "cyan",
    "SPATIAL": "blue",
    "DENSE": "green",
    "NORMALIZATION": "yellow",
    "ARITHMETIC": "magenta",
    "LOSS": "red",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    common.spec(parser)
    common.look(parser)
    parser.add_argument(
        "--depth",
        type=int,
        metavar="N",
        help="sum up blocks: 1 is a row for each block of the net, 2 for each block in those",
    )
    common.json(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.analysis import cost
    from netspec.analysis.table import block_rows, rows, totals
    from netspec.variants import variants

    graph = common.sketch(options)
    found = cost(graph)
    if options.json:
        print_json({"name": graph.name, "phase": graph.phase.name} | found.as_json())
        return 0
    table = block_rows(found, blocks(graph, options.depth)) if options.depth else rows(found)
    name = f"{graph.name}: " if graph.name else ""
    batch = f", batch {found.batch}" if found.batch else ""
    print(f"{name}{graph.phase.name}{batch}\n")
    _print(table, found)
    print("\n" + "\n".join([*totals(found), *variants(graph.nodes)]))
    return 0


def _print(table: list[Row], found: Cost) -> None:
    """Plain lines of 80 columns; on a terminal its width is used, and families have colours."""
    from rich.console import Console
    from rich.text import Text

    from netspec.analysis.table import lay_out

    console = Console(highlight=False)
    if not console.is_terminal:
        print("\n".join("  ".join(cells).rstrip() for cells in lay_out(table, found)))
        return
    heading, *lines = lay_out(table, found, min(console.width, WIDEST))
    console.print(Text("  ".join(heading), style="bold"))
    for (layer, kind, *rest), row in zip(lines, table):
        style = COLOURS.get(row.family.name, "") if row.family else "bold"
        console.print(Text.assemble(layer, "  ", (kind, style), "  ", "  ".join(rest)))
