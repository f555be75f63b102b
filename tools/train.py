"""Train the net of a solver file, as `caffe train` does.

Paths in a solver file are relative to the working directory or, where nothing is there, to the
solver file. Ctrl-C (SIGINT) and SIGTERM finish the iteration, write a snapshot and end with exit
code 0; a second Ctrl-C ends at once. SIGHUP writes a snapshot and goes on. With --snapshot, a run
goes on where it stopped, to the bit; --resume auto finds the last snapshot that is whole, and
begins at the beginning (or with --weights) where there is none.

    netspec train --solver specs/digits/solver.prototxt --resume auto

With --gpus, each GPU trains on batches of its own (`netspec guide distributed`); torchrun starts
the same on several machines.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.arguments import count
from tools.own_code import own_code
from tools.show import refuse, show
from tools.spin import spin_little

if TYPE_CHECKING:
    from compiler.distributed import Group
    from compiler.training import Solver


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--solver", type=Path, required=True, metavar="FILE", help="a solver file")
    help = "start from these weights; several files have commas between"
    parser.add_argument("--weights", metavar="FILE[,FILE]", help=help)
    start = parser.add_mutually_exclusive_group()
    help = "go on from a .solverstate or .solverstate.h5"
    start.add_argument("--snapshot", type=Path, metavar="FILE", help=help)
    help = "go on from the last whole snapshot under snapshot_prefix, if there is one"
    start.add_argument("--resume", choices=["auto"], help=help)
    help = "stop after so many iterations, if max_iter is not reached before"
    parser.add_argument("--iterations", type=count, metavar="N", help=help)
    help = "the train net's level, in the place of train_state's"
    parser.add_argument("--level", type=int, metavar="N", help=help)
    help = "a stage that the train net is in, beside train_state's; may be repeated"
    parser.add_argument("--stage", dest="stages", action="append", default=[], help=help)
    _places(parser)
    _watchers(parser)
    own_code(parser)


def _places(parser: argparse.ArgumentParser) -> None:
    help = "cpu, cuda or cuda:N (default: as solver_mode says, the CPU where there is no GPU)"
    parser.add_argument("--device", help=help)
    several = parser.add_mutually_exclusive_group()
    help = "train on several GPUs of this machine, batch_size on each: all, or numbers such as 0,2"
    several.add_argument("--gpus", type=gpus, metavar="all|N,N", help=help)
    help = "the same with so many processes, which have the GPUs in turn or share the CPU"
    several.add_argument("--processes", type=count, metavar="N", help=help)
    help = "where a process ends, go on from the last snapshot, up to so many times"
    parser.add_argument("--max-restarts", type=count, metavar="N", help=help)


def _watchers(parser: argparse.ArgumentParser) -> None:
    help = "add JSON lines to this file (default: PREFIX_log.jsonl)"
    parser.add_argument("--log", type=Path, metavar="FILE", help=help)
    help = "print the lines that Caffe logs, for scripts that read them, and no bar"
    parser.add_argument("--plain", action="store_true", help=help)
    help = "write what TensorBoard shows into this folder"
    parser.add_argument("--tensorboard", type=Path, metavar="FOLDER", help=help)


def gpus(text: str) -> str:
    """`all`, or numbers with commas between."""
    if text != "all" and not re.fullmatch(r"\d+(,\d+)*", text):
        raise argparse.ArgumentTypeError(f"expected all, or numbers such as 0,2, found {text}")
    return text


def run(options: argparse.Namespace) -> int:
    if options.weights and options.snapshot:
        return refuse("--snapshot brings its own weights: leave out --weights")
    if options.max_restarts and options.snapshot:
        return refuse("--max-restarts goes with --resume auto, not --snapshot")
    spin_little()
    several = options.gpus or options.processes or options.max_restarts
    if several and "RANK" not in os.environ:
        from compiler.distributed.launch import launch, visible_gpus

        processes = visible_gpus(options.gpus) if options.gpus else options.processes or 1
        return launch(["-m", "tools", *options.words], processes, options.max_restarts or 0)
    from compiler.distributed import joined

    with joined(options.device) as group:
        _train(options, group)
    return 0


def _train(options: argparse.Namespace, group: Group) -> None:
    import torch

    from compiler.distributed.join import require_resume
    from compiler.training import Solver
    from tools.train_watch import finish, watching

    resume = options.resume or ("auto" if options.max_restarts else None)
    require_resume(resume)
    torch.seed()  # drawn anew for each run, unless the solver file has a random_seed
    start = options.solver, options.device, options.weights
    solver = Solver(*start, group, options.level, options.stages, channels_last=True)
    if group.first:
        show(solver.file.warnings)
        for said in (*solver.notes, *solver.loaded):
            print(said, file=sys.stderr)
    if options.snapshot:
        solver.restore(options.snapshot)
    elif resume:
        _resume(solver)
    log = options.log or Path(f"{solver.file.snapshot_prefix}_log.jsonl")
    done = False
    try:
        with watching(solver, options, log) as watchers:
            done = solver.solve(*watchers, iterations=options.iterations)
    finally:  # a run that ends with an error has a curve, too
        if group.first:
            finish(solver, options, log, done)


def _resume(solver: Solver) -> None:
    found = solver.resume()
    if solver.group.first:
        for reason in found.skipped:
            print(f"passed over: {reason}", file=sys.stderr)
        where = (
            f"goes on from {found.path}" if found.path else "no snapshot yet: from the beginning"
        )
        print(where, file=sys.stderr)
