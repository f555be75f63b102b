"""Signals while training: they are noted, and answered between two iterations.

As in Caffe, SIGINT (Ctrl-C) stops with a snapshot and SIGHUP only writes one; SIGTERM is taken as
SIGINT. A second SIGINT ends the program at once.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupt:
    """While the block runs, `stop` and `snapshot` tell what was asked for."""

    def __init__(self) -> None:
        self.stop = False
        self.snapshot = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():  # others cannot take signals
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == getattr(signal, "SIGHUP", None):
            self.snapshot = True
        elif self.stop and number == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            self.stop = True

    def take_snapshot(self) -> bool:
        """Whether a snapshot is asked for, once for each time."""
        asked, self.snapshot = self.snapshot, False
        return asked
