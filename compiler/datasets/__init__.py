"""Data sets made, measured, looked at and checked: what `netspec data` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netspec.diagnostics import Diagnostic, SpecError
from netspec.records import Unreadable


@contextmanager
def diagnosing() -> Iterator[None]:
    """Raise as SpecError what data are Unreadable for."""
    try:
        yield
    except Unreadable as wrong:
        raise SpecError(Diagnostic(wrong.code, str(wrong), None, wrong.help)) from None
