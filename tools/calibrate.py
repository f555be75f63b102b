"""Measure how fast this machine computes and moves numbers, for `netspec cost --device`.

It multiplies matrices in each precision, copies a blob that is larger than the caches, and makes
many calls that do nothing; the best of many times counts. Nothing else should run beside it.

    netspec calibrate -o mine.yaml
    netspec cost net.yaml --device mine.yaml
"""

from __future__ import annotations

import argparse
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    help = "the profile to write (default: print it)"
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=help)
    help = "cpu, cuda or cuda:1 (default: cpu)"
    parser.add_argument("--device", default="cpu", metavar="NAME", help=help)
    help = "how long each of the measurements takes, in seconds (default: 0.5)"
    parser.add_argument("--seconds", type=float, default=0.5, metavar="S", help=help)


def run(options: argparse.Namespace) -> int:
    from compiler.calibrate import measure
    from compiler.training.nets import choose_device
    from netspec.atomic import require_place, write_text

    if options.output:
        require_place(options.output)
    text = measure(choose_device(options.device), options.seconds)
    if options.output:
        write_text(options.output, text)
        print(options.output)
    else:
        print(text, end="")
    return 0
