"""Signals while training: they are noted, and answered between two iterations.

As in Caffe, SIGINT (Ctrl-C) stops with a snapshot and SIGHUP only writes one; SIGTERM is taken as
SIGINT. A second SIGINT ends the program at once. Of several processes, what is asked of one is
asked of all, and they answer after the same iteration.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from compiler.distributed.group import ALONE, Group


class Interrupt:
    """While the block runs, `stop` and `snapshot` tell what was asked for."""

    def __init__(self, group: Group = ALONE) -> None:
        self.group = group
        self.noted = self.agreed = False
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
        elif self.noted and number == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            self.noted = True

    @property
    def stop(self) -> bool:
        """Whether training is to end."""
        return self.noted if self.group.world == 1 else self.agreed

    def agree(self) -> None:
        """Hear what was asked of the other processes."""
        if self.group.world > 1:
            self.agreed, self.snapshot = self.group.any(self.noted, self.snapshot)

    def take_snapshot(self) -> bool:
        """Whether a snapshot is asked for, once for each time."""
        asked, self.snapshot = self.snapshot, False
        return asked
