"""What goes wrong while a weights file is read, as diagnostics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compiler.weights.formats import what_it_is
from compiler.weights.stored import Malformed
from netspec.diagnostics import Report, nearest
from netspec.records.wire import WireError


@contextmanager
def faults(file: Path, report: Report) -> Iterator[None]:
    """Report what a block finds wrong with the file that it reads: C101, C102, C106, C109."""
    try:
        yield
    except Malformed as wrong:
        report.add(wrong.code, f"{file}: {wrong}", None, wrong.help)
    except WireError as wrong:
        message = f"{file} cannot be read as a .caffemodel: {wrong}"
        report.add("C102", message, None, what_it_is(file))
    except (
        OSError,
        RuntimeError,
        LookupError,
        ValueError,
        TypeError,
    ) as wrong:  # h5py has them all
        reason = getattr(wrong, "strerror", None) or str(wrong)
        report.add("C101", f"cannot read {file}: {reason}", None, near(file))


@contextmanager
def refusing(file: Path) -> Iterator[None]:
    """Raise SpecError where a block finds the file that it reads at fault."""
    report = Report()
    with faults(file, report):
        yield
    report.stop()


def near(file: Path) -> str:
    """Help for a file that is not there."""
    if file.is_dir():
        return "give a file in that directory"
    if not file.parent.is_dir():
        return f"there is no directory {file.parent}"
    return nearest(file.name, (p.name for p in file.parent.iterdir()))
