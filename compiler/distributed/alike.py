"""What has to be the same in all processes, and in the run that a snapshot is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from compiler.distributed.group import Group
from netspec.diagnostics import Diagnostic, SpecError

SAID = {
    "device": "another kind of device",
    "solver": "another solver file",
    "weights": "a net with other parameters",
}


@dataclass(frozen=True)
class Facts:
    """What a process trains, and on what, as text to be compared."""

    device: str
    solver: str
    weights: str


def require_alike(facts: Sequence[Facts]) -> None:
    """Raise SpecError C246 where a process differs from the first."""
    for rank, theirs in enumerate(facts):
        for field in fields(theirs):
            if getattr(theirs, field.name) != getattr(facts[0], field.name):
                message = f"process {rank} has {SAID[field.name]} than process 0"
                help = "give all machines the same files and the same kind of device"
                raise SpecError(Diagnostic("C246", message, None, help))


def require_world(state: str | Path, written: int, group: Group) -> None:
    """Raise SpecError C247 where a state was written by another number of processes."""
    if written != group.world:
        message = (
            f"{state} was written by {_counted(written)}, and {_counted(group.world)} "
            f"would go on with other batches"
        )
        help = f"start {written}, or begin anew from its weights with --weights"
        raise SpecError(Diagnostic("C247", message, None, help))


def _counted(processes: int) -> str:
    return "1 process" if processes == 1 else f"{processes} processes"
