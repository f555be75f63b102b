"""List the layer types, or print the reference page of one.

A page has the layer's settings and what it does, and ends with the smallest example.

    netspec layers Pooling
"""

from __future__ import annotations

import argparse

from tools.own_code import own_code
from tools.show import refuse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("type", nargs="?", metavar="TYPE", help="such as Pooling")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--markdown", action="store_true", help="print the list as a table in Markdown"
    )
    what.add_argument(
        "--reference", action="store_true", help="print where Caffe and PyTorch differ"
    )
    own_code(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.diagnostics import nearest
    from netspec.layers import LAYERS
    from netspec.schema.forks import FORK_OF_TYPE
    from netspec.schema.page import markdown_table, page, table

    if options.reference:
        from netspec.reference.page import markdown

        print(markdown(), end="")
        return 0
    if options.type is None:
        print((markdown_table if options.markdown else table)(LAYERS.values()))
        return 0
    type = {name.lower(): name for name in LAYERS}.get(options.type.lower())
    if type is None:
        fork = FORK_OF_TYPE.get(options.type)
        help = nearest(options.type, LAYERS) or "`netspec layers` lists them"
        help = f"it is of a fork, {fork}: `netspec guide forks`" if fork else help
        return refuse(f"there is no layer type {options.type}; {help}")
    print(page(LAYERS[type]))
    return 0
