"""A text written as a file: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write UTF-8 under another name, then move it into place. Raises OSError that names `path`."""
    waiting = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        waiting.write_text(text, encoding="utf-8", newline="\n")
        os.replace(waiting, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        waiting.unlink(missing_ok=True)
