"""Draw a net: boxes for layers, shapes on the lines between them, frames for blocks.

The ending of the file says what is made: .svg, .png, .pdf, .dot, or .html (one page to move about
in, with the details of each layer). A layer and what follows it in place share a box; labels stand
beside their losses; a dashed line joins layers that share parameters.

    netspec draw specs/resnet/resnet-18.yaml -o resnet-18.svg
    netspec draw specs/googlenet/googlenet.yaml -o g.pdf --depth 1 --collapse
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools import arguments as argument


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file to write")
    argument.look(parser)
    parser.add_argument(
        "--direction",
        choices=("TB", "LR"),
        default="TB",
        help="from top to bottom or from left to right (default: TB)",
    )
    parser.add_argument("--flat", action="store_true", help="a box for every layer")
    parser.add_argument(
        "--collapse", action="store_true", help="draw equal blocks that follow one another once"
    )
    help = "draw a block that is N deep as one box; with --collapse, blocks of one form once"
    parser.add_argument("--depth", type=argument.count, metavar="N", help=help)
    help = "break a deep net into at most N columns, or rows with LR, where one line passes"
    parser.add_argument("--columns", type=argument.count, default=1, metavar="N", help=help)


def run(options: argparse.Namespace) -> int:
    from netspec.draw import save

    how = options.direction, options.flat, options.collapse, options.depth, options.columns
    save(argument.sketch(options), options.output, *how)
    print(options.output)
    return 0
