"""Who watches a training on the terminal and in files, and what is told at its end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tools.show import show

if TYPE_CHECKING:
    from compiler.training import Solver
    from compiler.training.debug_report import DebugReport
    from compiler.training.events import Watcher
    from compiler.training.plain import Plain


@contextmanager
def watching(solver: Solver, options: argparse.Namespace, log: Path) -> Iterator[list[Watcher]]:
    """The watchers that the options ask for; the bar is there while the block runs."""
    from compiler.training.log import Log
    from compiler.training.progress import Bar
    from compiler.training.tensorboard import TensorBoard

    watchers: list[Watcher] = [Log(log)]
    if options.tensorboard:
        watchers.append(TensorBoard(options.tensorboard))
    if solver.settings.debug_info and solver.group.first:
        _debug(solver, _plain() if options.plain else None)
    if options.plain or not sys.stdout.isatty() or not solver.group.first:
        yield [*watchers, _plain()]
        return
    with Bar() as bar:
        yield [*watchers, bar]


def _plain() -> Plain:
    from compiler.training.plain import Plain

    return Plain(lambda line: print(line, flush=True))


def _debug(solver: Solver, plain: Plain | None) -> None:
    """Print what debug_info asks for: a table, or Caffe's lines."""
    from compiler.training.debug_info import watch, watch_tests

    def tell(iteration: int, report: DebugReport) -> None:
        if plain is None:
            print(f"iteration {iteration:,}: mean absolute values\n", *report.table(), sep="\n")
            print(flush=True)
        else:
            for line in report.lines():
                plain.say(line)

    watch(solver, tell)
    if plain is not None:  # for people, a table of every batch of a test would be too much
        watch_tests(solver, lambda report: tell(0, report))


def finish(solver: Solver, options: argparse.Namespace, log: Path, done: bool) -> None:
    """Draw the curve, and tell the paths of what was made; with --plain, as Caffe's lines too."""
    lines = list(_made(solver, log, done))
    for line in lines:
        if options.plain:
            _plain().say(line)
        else:
            print(line)


def _made(solver: Solver, log: Path, done: bool) -> Iterator[str]:
    from compiler.training.snapshot import average_path, snapshot_paths

    state = ""
    if solver.kept is not None:
        weights, path = snapshot_paths(solver.file, solver.kept)
        state = str(path)
        yield f"weights  {weights}"
        if solver.average is not None:
            yield f"average  {average_path(weights)}"
        yield f"state    {state}"
    if log.exists():
        yield f"log      {log}"
        curve = log.with_name(log.stem.removesuffix("_log") + "_curve.png")
        if _drawn(log, curve):
            yield f"curve    {curve}"
    if solver.skipped:
        yield f"skipped  {solver.skipped:,} times a record that could not be read"
    if state and not done:
        yield f"go on with: netspec train --solver {solver.file.path} --snapshot {state}"


def _drawn(log: Path, curve: Path) -> bool:
    """Whether there is a curve; where a log cannot be read, that is said, and training is done."""
    from compiler.training.curve import draw_curve
    from netspec.diagnostics import SpecError

    try:
        return draw_curve(log, curve)
    except SpecError as error:
        show(error.diagnostics)
        return False
