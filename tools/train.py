"""Train the net of a solver file, as `caffe train` does.

Paths in a solver file are relative to the working directory or, where nothing is there, to the
solver file. Ctrl-C (SIGINT) and SIGTERM finish the iteration, write a snapshot and end with exit
code 0; a second Ctrl-C ends at once. SIGHUP writes a snapshot and goes on. With --snapshot, a run
goes on where it stopped, to the bit; --resume auto finds the last snapshot that is whole, and
begins at the beginning where there is none.

    netspec train --solver specs/digits/solver.prototxt --resume auto
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.arguments import count
from tools.own_code import own_code
from tools.show import show

if TYPE_CHECKING:
    from compiler.training import Solver
    from compiler.training.debug_report import DebugReport
    from compiler.training.plain import Plain


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--solver", type=Path, required=True, metavar="FILE", help="a solver file")
    start = parser.add_mutually_exclusive_group()
    help = "start from these weights; several files have commas between"
    start.add_argument("--weights", metavar="FILE[,FILE]", help=help)
    help = "go on from a .solverstate or .solverstate.h5"
    start.add_argument("--snapshot", type=Path, metavar="FILE", help=help)
    help = "cpu, cuda or cuda:N (default: as solver_mode says, the CPU where there is no GPU)"
    parser.add_argument("--device", help=help)
    help = "go on from the last whole snapshot under snapshot_prefix, if there is one"
    start.add_argument("--resume", choices=["auto"], help=help)
    help = "stop after so many iterations, if max_iter is not reached before"
    parser.add_argument("--iterations", type=count, metavar="N", help=help)
    help = "add JSON lines to this file (default: PREFIX_log.jsonl)"
    parser.add_argument("--log", type=Path, metavar="FILE", help=help)
    parser.add_argument("--plain", action="store_true", help="print lines as Caffe does, no bar")
    own_code(parser)


def run(options: argparse.Namespace) -> int:
    import torch

    from compiler.training import Solver
    from compiler.training.curve import draw_curve
    from compiler.training.log import Log

    torch.seed()  # drawn anew for each run, unless the solver file has a random_seed
    solver = Solver(options.solver, options.device, options.weights)
    show(solver.file.warnings)
    for said in (*solver.notes, *solver.loaded):
        print(said, file=sys.stderr)
    _restore(solver, options)
    prefix = str(solver.file.snapshot_prefix)
    log = options.log or Path(f"{prefix}_log.jsonl")
    curve = log.with_name(log.stem.removesuffix("_log") + "_curve.png")
    losses = {name for net in (solver.net, *solver.test_nets) for name in net.spec.loss_weights}
    drawn = done = False
    try:
        done = _solve(solver, Log(log), options)
    finally:  # a run that ends with an error has a curve, too
        drawn = log.exists() and draw_curve(log, curve, losses)
        _tell(solver, log, curve if drawn else None, done)
    return 0


def _restore(solver: Solver, options: argparse.Namespace) -> None:
    if options.snapshot:
        solver.restore(options.snapshot)
    elif options.resume:
        found = solver.resume()
        for reason in found.skipped:
            print(f"passed over: {reason}", file=sys.stderr)
        start = (
            f"goes on from {found.path}" if found.path else "no snapshot yet: from the beginning"
        )
        print(start, file=sys.stderr)


def _solve(solver: Solver, log: object, options: argparse.Namespace) -> bool:
    from compiler.training.log import Log

    assert isinstance(log, Log)
    from compiler.training.plain import Plain

    plain = Plain(lambda line: print(line, flush=True))
    if solver.settings.debug_info:
        _debug(solver, plain if options.plain else None)
    if options.plain or not sys.stdout.isatty():
        return solver.solve(log, plain, iterations=options.iterations)
    from compiler.training.progress import Bar

    with Bar() as bar:
        return solver.solve(log, bar, iterations=options.iterations)


def _debug(solver: Solver, plain: Plain | None) -> None:
    """Print what debug_info asks for: a table, or Caffe's lines."""
    from compiler.training.debug_info import watch

    def tell(iteration: int, report: DebugReport) -> None:
        if plain is None:
            print(f"iteration {iteration:,}: mean absolute values\n", *report.table(), sep="\n")
            print(flush=True)
        else:
            for line in report.lines():
                plain.say(line)

    watch(solver, tell)


def _tell(solver: Solver, log: Path, curve: Path | None, done: bool) -> None:
    """The paths of what was made."""
    from compiler.training.snapshot import snapshot_paths

    if solver.kept is not None:
        weights, state = snapshot_paths(solver.file, solver.kept)
        print(f"weights  {weights}\nstate    {state}")
    if log.exists():
        print(f"log      {log}")
    if curve is not None:
        print(f"curve    {curve}")
    if not done and solver.kept is not None:
        print(f"go on with: netspec train --solver {solver.file.path} --snapshot {state}")
