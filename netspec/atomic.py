"""Files appear whole or not at all: they are written under another name and moved into place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from netspec.diagnostics import Diagnostic, SpecError


@contextmanager
def replacing(path: Path, code: str = "D102") -> Iterator[Path]:
    """The temporary name to write under; it becomes `path` when the block ends without an error.

    Raises SpecError with `code` where the file cannot be written.
    """
    require_place(path, code)
    waiting = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            yield waiting
            with waiting.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(waiting, path)
        finally:
            waiting.unlink(missing_ok=True)
    except OSError as error:
        raise refused(path, code, error.strerror or str(error), "choose another folder") from None


def sweep(prefix: Path) -> None:
    """Remove what writers of files with this prefix left unfinished when they were killed."""
    for left in prefix.parent.glob(f".{escape(prefix.name)}*.tmp"):
        writer = left.name.split(".")[-2]
        if writer.isdecimal() and not _runs(int(writer)):
            left.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def write_text(path: Path, text: str) -> None:
    """A text as UTF-8. Raises SpecError D102 where it cannot be written."""
    with replacing(path) as waiting:
        waiting.write_text(text, encoding="utf-8", newline="\n")


def require_place(path: Path, code: str = "D102") -> None:
    """Say before the work what would be said after it."""
    if path.is_dir():
        raise refused(path, code, "it is a folder", f"give a file in it, such as {path / 'net'}")
    if not path.parent.is_dir():
        raise refused(path, code, f"there is no folder {path.parent}", f"mkdir -p {path.parent}")


def refused(path: Path, code: str, reason: str, help: str) -> SpecError:
    """The error of a file that cannot be written."""
    return SpecError(Diagnostic(code, f"cannot write {path}: {reason}", help=help))
