"""A file that grows while training runs: a log, or what TensorBoard reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from netspec.diagnostics import Diagnostic, SpecError


class Growing:
    """Bytes are added at its end. The first have to be written; a disk that is full later on does
    not end the training, which is worth more than the file: what does not fit is kept, aloud, and
    written before what follows.
    """

    def __init__(self, path: Path, option: str) -> None:
        self.path, self.option = path, option
        self._kept = b""

    def begin(self, content: bytes) -> None:
        """Add what stands first in a run. Raises SpecError C107 where that is not possible."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._append(content)
        except OSError as error:
            message = f"cannot write {self.path}: {error.strerror}"
            help = f"give another place with {self.option}"
            raise SpecError(Diagnostic("C107", message, None, help)) from None

    def add(self, content: bytes) -> None:
        """Add to it as soon as there is room."""
        held = bool(self._kept)
        try:
            self._append(content)
        except OSError as error:
            if not held:
                told = f"{self.path} waits until it can be written: {error.strerror}"
                print(told, file=sys.stderr)

    def end(self) -> None:
        """Try a last time; say what is lost."""
        self.add(b"")
        if self._kept:
            print(f"{self.path} lacks its last {len(self._kept):,} bytes", file=sys.stderr)

    def _append(self, content: bytes) -> None:
        self._kept += content
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            while self._kept:  # a disk that is nearly full takes a part
                self._kept = self._kept[os.write(descriptor, self._kept) :]
        finally:
            os.close(descriptor)
