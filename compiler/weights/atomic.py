"""Files appear whole or not at all: they are written under another name and moved into place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netspec.diagnostics import Diagnostic, SpecError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The temporary name to write under; it becomes `path` when the block ends without an error.

    Raises SpecError C107 where the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        help = "" if path.parent.is_dir() else f"make the folder {path.parent}"
        raise SpecError(Diagnostic("C107", f"cannot write {path}: {reason}", None, help)) from None
