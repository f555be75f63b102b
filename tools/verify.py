"""Run a net and compare every blob with what another program computed from the same weights.

EXPECTED.npz is what numpy.savez writes: an array for each blob by its name, and the net's inputs as
in/BLOB. In pycaffe: numpy.savez(FILE, **{n: b.data for n, b in net.blobs.items()}). The first blob
in running order that differs is named, with the trap that it looks like, and the exit code is 1.

    netspec verify deploy.prototxt net.caffemodel expected.npz
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import some
from netspec.schema.layer import spelled
from tools import arguments as argument

if TYPE_CHECKING:
    from compiler.verify import Expected, Verdict
    from compiler.verify.verdict import Compared
    from netspec.graph import Graph

COLUMNS, LISTED = 80, 4


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
        print(json.dumps(_plain(asdict(verdict)), indent=2))
    else:
        _tell(verdict, options.expected, net.spec)
    return 0 if verdict.first is None else 1


def _graph(options: argparse.Namespace, expected: Expected) -> Graph:
    """The net for inputs of the shapes that the file has."""
    graph = argument.load(options)
    shapes = {name: tuple(given.shape) for name, given in expected.feed(graph).items()}
    options.shapes = [*shapes.items(), *options.shapes]
    return argument.load(options) if shapes != graph.inputs else graph


def _tell(verdict: Verdict, expected: Path, graph: Graph) -> None:
    if verdict.unknown:
        print(f"not in the net: {some(verdict.unknown)}")
    compared, first = verdict.compared, verdict.first
    if first is None:
        worst = max(c.gap.size for c in compared)
        print(f"{_agreeing(len(compared))}, the worst is off by {worst:.2g} of its largest number")
        return
    before = compared[: compared.index(first)]
    upto = f", up to {before[-1].blob}" if before else ""
    count = _agreeing(sum(c.agrees for c in compared), len(compared))
    lines = [f"{count}{upto}; the first that differs is {first.blob}"]
    lines += [f"  {_gap(first, expected)}", f"  made by {_makers(verdict.layers, graph)}"]
    lines += [f"  likely cause: {said}" for said in verdict.looks_like]
    if not verdict.looks_like:
        lines.append("  no known trap gives such numbers; are weights and settings the same?")
    for line in lines:
        print(fill(line, COLUMNS, subsequent_indent="    "))


def _agreeing(count: int, of: int = 0) -> str:
    number = f"{count} of {of} blobs" if of else f"{count} {'blob' if count == 1 else 'blobs'}"
    return f"{number} {'agrees' if count == 1 else 'agree'}"


def _makers(names: tuple[str, ...], graph: Graph) -> str:
    layers = [f"{name} ({graph.by_name[name].type})" for name in names]
    if len(layers) > LISTED:
        return f"one of {len(layers)} layers, from {layers[0]} to {layers[-1]}"
    return f"{'one of ' if len(layers) > 1 else ''}{', '.join(layers)}"


def _gap(found: Compared, expected: Path) -> str:
    if found.shape != found.expected:
        here, there = spelled(found.shape), spelled(found.expected)
        return f"{here} here, {there} there ({expected.name})"
    gap = found.gap
    size = "" if math.isinf(gap.size) else f": off by {gap.size:.2g} of the largest number"
    return f"{gap.got:g} here, {gap.want:g} there ({expected.name}), at {list(gap.at)}{size}"


def _plain(found: Any) -> Any:
    """The same with None for numbers that JSON lacks: infinities and NaN."""
    if isinstance(found, dict):
        return {key: _plain(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_plain(value) for value in found]
    return None if isinstance(found, float) and not math.isfinite(found) else found
