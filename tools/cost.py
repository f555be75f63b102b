"""Print what a net costs: MACs, FLOPs and bytes of both passes, memory, and time on a device.

A MAC is a multiplication with an addition, in convolutions and matrix products; a FLOP is any one
operation on numbers, so that a MAC is two. All amounts are those of the whole batch.
`netspec guide cost` explains every figure.

    netspec cost specs/resnet/resnet-50.yaml --by block --batch 8 --device a100
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools import batch

if TYPE_CHECKING:
    from netspec.analysis.account import Account, Entry

SORTS = ("parameters", "macs", "flops", "bytes", "time")


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    argument.look(parser)
    batch.arguments(parser)
    help = "a line for each layer, block or type of layer (default: layer)"
    parser.add_argument("--by", choices=("layer", "block", "type"), default="layer", help=help)
    help = "with --by block: how deep blocks in blocks are told apart (default: 1)"
    parser.add_argument("--depth", type=argument.count, default=1, metavar="N", help=help)
    parser.add_argument("--backward", action="store_true", help="show the backward pass")
    parser.add_argument("--sort", choices=SORTS, help="the largest first")
    help = "also show the receptive field of every blob"
    parser.add_argument("--fields", action="store_true", help=help)
    help = "add times: a100, h100, t4 ..., or a profile that `netspec calibrate` wrote"
    parser.add_argument("--device", metavar="PROFILE", help=help)
    help = "what trains it, for the memory (default: SGD)"
    parser.add_argument("--solver", default="SGD", metavar="TYPE", help=help)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON on standard output")
    form.add_argument("--csv", action="store_true", help="print CSV, a line for each entry")
    form.add_argument("--html", type=Path, metavar="FILE", help="write a page to look at")


def run(options: argparse.Namespace) -> int:
    from netspec.analysis.account import account
    from netspec.analysis.account_files import as_csv, as_json
    from netspec.analysis.account_sums import totals
    from netspec.analysis.account_table import fields_table, heading, table
    from netspec.devices import device

    profile = device(options.device) if options.device else None
    graph = batch.batched(options)
    found = account(graph, profile, options.precision, options.solver)
    entries = _entries(found, options)
    if options.json:
        print(as_json(found, entries))
    elif options.csv:
        print(as_csv(found, entries), end="")
    elif options.html:
        from netspec.draw.account_page import save_account

        save_account(found, entries, options.html)
        print(options.html)
    else:
        print("\n".join(heading(found, options.backward)) + "\n")
        print("\n".join([*table(found, entries, options.backward), "", *totals(found)]))
        if options.fields:
            print("\n" + "\n".join(fields_table(found)))
    return 0


def _entries(found: Account, options: argparse.Namespace) -> list[Entry]:
    if options.by == "type":
        made = found.together(lambda node: node.type, ordered=False)
    elif options.by == "block":
        blocks = batch.blocks(found.graph, options.depth)
        made = found.together(lambda node: blocks.get(node, ""))
    else:
        made = found.layers()
    if options.sort:
        made.sort(key=lambda entry: entry.size(options.sort, options.backward), reverse=True)
    return made
