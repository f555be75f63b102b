"""Run a net and compare every blob with what another program computed from the same weights.

EXPECTED.npz is what numpy.savez writes: an array for each blob by its name, and the net's inputs as
in/BLOB. In pycaffe: numpy.savez(FILE, **{n: b.data for n, b in net.blobs.items()}). The first blob
in running order that differs is named, with the trap that it looks like, and the exit code is 1.

    netspec verify deploy.prototxt net.caffemodel expected.npz
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.show import print_json
from tools.verify_text import said_of

if TYPE_CHECKING:
    from compiler.verify import Expected
    from netspec.graph import Graph


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    parser.add_argument("weights", metavar="WEIGHTS", help="several files have commas between")
    parser.add_argument("expected", type=Path, metavar="EXPECTED", help="an .npz file")
    help = "how far a number may be off, relative to its blob's largest (default: 0.001)"
    parser.add_argument("--tolerance", type=_tolerance, default=1e-3, metavar="T", help=help)
    argument.state(parser)
    argument.json(parser)


def _tolerance(text: str) -> float:
    """A number of 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number of 0 or more, found {text}")
    return number


def run(options: argparse.Namespace) -> int:
    import compiler
    from compiler.verify import read_expected, verify

    expected = read_expected(options.expected)
    net = compiler.compile(_graph(options, expected), keep="all")
    report = compiler.load_weights(net, options.weights)
    print(report, file=sys.stderr)
    verdict = verify(net, expected, options.tolerance, report.kept)
    if options.json:
        print_json(asdict(verdict))
    else:
        print(said_of(verdict, options.expected, net.spec))
    return 0 if verdict.first is None else 1


def _graph(options: argparse.Namespace, expected: Expected) -> Graph:
    """The net for inputs of the shapes that the file has."""
    graph = argument.load(options)
    shapes = {name: tuple(given.shape) for name, given in expected.feed(graph).items()}
    options.shapes = [*shapes.items(), *options.shapes]
    return argument.load(options) if shapes != graph.inputs else graph
