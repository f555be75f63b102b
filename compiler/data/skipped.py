"""Records that could not be read and were skipped: each told once, all counted."""

from __future__ import annotations

import sys
from threading import Lock

from netspec.records import Unreadable

TOLD = 20  # records by name; the others are counted


class Skipped:
    """`count` of the times that a broken record was due, and which records these were."""

    def __init__(self) -> None:
        self.count = 0
        self.records: dict[str, str] = {}  # what is broken, and why
        self._lock = Lock()

    def add(self, record: str, wrong: Unreadable) -> None:
        """Count a record that is passed over; say so on standard error when it is new."""
        with self._lock:
            self.count += 1
            if record in self.records:
                return
            self.records[record] = str(wrong)
            told = len(self.records)
        if told <= TOLD:
            print(f"skipped: {wrong}", file=sys.stderr)
        if told == TOLD:
            print("skipped: further records are counted and not named", file=sys.stderr)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_lock": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state, _lock=Lock())
