"""`--resume auto`: the last whole snapshot of a run; damaged ones are passed over, aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.training.besides import Besides
from netspec.diagnostics import Diagnostic, Note, SpecError
from netspec.solver_file import SolverFile

if TYPE_CHECKING:
    from compiler.training.solver import Solver

# What another snapshot may not have: files that are not there, or not what was written.
DAMAGE = {"C101", "C102", "C106", "C109", "C209", "C212", "C220"}


@dataclass(frozen=True)
class Kept:
    """What a snapshot says, but for the numbers that it keeps."""

    path: Path
    iteration: int
    current_step: int
    besides: Besides | None


@dataclass(frozen=True)
class Resumed:
    """The snapshot that was read, or None where there was none; what was passed over, and why."""

    kept: Kept | None
    skipped: tuple[str, ...]

    @property
    def path(self) -> Path | None:
        return self.kept.path if self.kept is not None else None


def resume(solver: Solver) -> Resumed:
    """Read the latest snapshot under the solver's snapshot_prefix.

    Raises SpecError: C221 where there are snapshots and each is damaged, or what `read` raises
    where one is of another net.
    """
    skipped: list[str] = []
    for path in snapshots(solver.file):
        try:
            return Resumed(solver.read(path), tuple(skipped))
        except SpecError as error:
            if any(d.code not in DAMAGE for d in error.diagnostics):
                raise
            skipped.append(error.diagnostics[0].message)
    if skipped:
        message = f"every snapshot of {solver.file.snapshot_prefix} is damaged"
        help = "move them away to train from the beginning"
        notes = tuple(map(Note, skipped))
        raise SpecError(Diagnostic("C221", message, None, help, notes))
    return Resumed(None, ())


def snapshots(file: SolverFile) -> list[Path]:
    """The solver states under a prefix, the one of the latest iteration first."""
    return [path for _, path in sorted(_numbered(file), reverse=True)]


def _numbered(file: SolverFile) -> Iterator[tuple[int, Path]]:
    prefix = file.snapshot_prefix
    form = re.compile(re.escape(prefix.name) + r"_iter_(\d+)\.solverstate(\.h5)?")
    if prefix.parent.is_dir():
        for path in prefix.parent.iterdir():
            if found := form.fullmatch(path.name):
                yield int(found[1]), path
