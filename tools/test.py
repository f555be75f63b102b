"""Run a trained net over its own data and average its outputs, as `caffe test` does.

With --model the net of a spec is run; with --solver the test nets of a solver file, each over its
test_iter batches.

    netspec test --model specs/digits/lenet.yaml --weights lenet.caffemodel
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tools.arguments import count, state
from tools.arguments import json as json_argument
from tools.show import print_json
from tools.spin import spin_little

if TYPE_CHECKING:
    from compiler import Network
    from compiler.training import Scores
    from netspec.graph import Graph

ITERATIONS = 50  # caffe test's own


def arguments(parser: argparse.ArgumentParser) -> None:
    net = parser.add_mutually_exclusive_group(required=True)
    net.add_argument("--model", type=Path, metavar="SPEC", help="a .prototxt or .yaml file")
    net.add_argument("--solver", type=Path, metavar="FILE", help="a solver file with test nets")
    help = "the weights to test; several files have commas between"
    parser.add_argument("--weights", required=True, metavar="FILE[,FILE]", help=help)
    help = f"how many batches (default: {ITERATIONS}, or the solver's test_iter)"
    parser.add_argument("--iterations", type=count, metavar="N", help=help)
    state(parser)
    parser.add_argument("--device", help="cpu, cuda or cuda:N (default: a GPU if there is one)")
    parser.add_argument("--plain", action="store_true", help="also print each batch, as Caffe does")
    json_argument(parser)


def run(options: argparse.Namespace) -> int:
    spin_little()
    from compiler.training.evaluate import evaluate

    found = [
        evaluate(net, batches, _print_batch if options.plain else None)
        for net, batches in _nets(options)
    ]
    if options.json:
        print_json([asdict(scores) for scores in found if scores])
        return 0
    for scores in found:
        if scores is not None:
            _tell(scores)
    return 0


def _nets(options: argparse.Namespace) -> Iterator[tuple[Network, int]]:
    """The nets to test, with their weights and data, and over how many batches."""
    import compiler
    from compiler.training.nets import choose_device
    from compiler.training.ready import check_sources, fed_by_hand
    from netspec.diagnostics import Report

    device = choose_device(options.device)
    for graph, batches in _graphs(options):
        net = compiler.compile(graph, keep=graph.loss_weights).to(device)
        report = Report()
        report.extend(fed_by_hand("test", net))
        report.stop()
        print(compiler.load_weights(net, options.weights), file=sys.stderr)
        check_sources(net)
        yield net, batches


def _graphs(options: argparse.Namespace) -> list[tuple[Graph, int]]:
    import netspec
    from netspec.solver_file import load_solver

    if options.model:
        shapes = dict(options.shapes)
        graph = netspec.load(options.model, options.phase, options.level, options.stages, shapes)
        return [(graph, options.iterations or ITERATIONS)]
    solver = load_solver(options.solver)
    graphs = solver.test_graphs()
    if not graphs:
        help = "add test_iter and test_interval, or give the net with --model"
        place = solver.span("net")
        raise netspec.SpecError(
            netspec.Diagnostic("C206", "the solver file has no test nets", place, help)
        )
    return [(g, options.iterations or n) for g, n in zip(graphs, solver.parameter.test_iter)]


def _print_batch(number: int, outputs: dict[str, list[float]]) -> None:
    for name, values in outputs.items():
        for value in values:
            print(f"Batch {number}, {name} = {value:g}")


def _tell(scores: Scores) -> None:
    from compiler.training.plain import part_of_loss

    print(f"Loss: {scores.loss:g}")
    for name, values in scores.outputs.items():
        for value in values:
            print(f"{name} = {value:g}{part_of_loss(name, value, scores.loss_weights)}")
