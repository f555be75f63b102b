"""Run a net and compare every blob with what another program computed from the same weights.

EXPECTED.npz is what numpy.savez writes: an array for each blob by its name, and the net's inputs as
in/BLOB. In pycaffe: numpy.savez(FILE, **{n: b.data for n, b in net.blobs.items()}). The first blob
in running order that differs is named, with the trap that it looks like; the exit code is then 1.

    netspec verify deploy.prototxt net.caffemodel expected.npz
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument

if TYPE_CHECKING:
    from compiler.verify import Expected, Verdict
    from compiler.verify.verdict import Compared
    from netspec.graph import Graph

SHOWN = 6


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    parser.add_argument("weights", metavar="WEIGHTS", help="several files have commas between")
    parser.add_argument("expected", type=Path, metavar="EXPECTED", help="an .npz file")
    help = "how far a number may be off, relative to its blob's largest (default: 0.001)"
    parser.add_argument("--tolerance", type=float, default=1e-3, metavar="T", help=help)
    argument.state(parser)
    argument.json(parser)


def run(options: argparse.Namespace) -> int:
    import compiler
    from compiler.verify import read_expected, verify

    expected = read_expected(options.expected)
    net = compiler.compile(_graph(options, expected), keep="all")
    report = compiler.load_weights(net, options.weights)
    print(report, file=sys.stderr)
    verdict = verify(net, expected, options.tolerance, report.kept)
    if options.json:
        print(json.dumps(asdict(verdict), indent=2))
    else:
        _tell(verdict)
    return 0 if verdict.first is None else 1


def _graph(options: argparse.Namespace, expected: Expected) -> Graph:
    """The net for inputs of the shapes that the file has."""
    graph = argument.load(options)
    shapes = {name: tuple(given.shape) for name, given in expected.feed(graph).items()}
    options.shapes = [*shapes.items(), *options.shapes]
    return argument.load(options) if shapes != graph.inputs else graph


def _tell(verdict: Verdict) -> None:
    first = verdict.first
    if verdict.unknown:
        print(f"not in the net: {_some(verdict.unknown)}")
    if first is None:
        worst = max(c.gap.size for c in verdict.compared)
        print(f"{len(verdict.compared)} blobs agree, the worst is off by {worst:.2g}")
        return
    agree = sum(c.agrees for c in verdict.compared)
    print(
        f"{agree} of {len(verdict.compared)} blobs agree; {first.blob} differs first: {_gap(first)}"
    )
    if len(verdict.layers) > 1:
        print(f"it is made by one of {_some(verdict.layers)}")
    else:
        print(f"it is made by {verdict.layers[0]}")
    for said in verdict.looks_like:
        print(f"it looks as if: {said}")
    if not verdict.looks_like:
        print("it looks like none of the known traps")


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _gap(found: Compared) -> str:
    from netspec.schema.layer import spelled

    if found.shape != found.expected:
        return f"it is {spelled(found.shape)}, and {spelled(found.expected)} was expected"
    gap = found.gap
    size = "" if math.isinf(gap.size) else f", off by {gap.size:.2g}"
    return f"{gap.got:g} at {list(gap.at)}, expected {gap.want:g}{size}"
