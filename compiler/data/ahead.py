"""Batches made ahead of time, in order: one thread reads, others decode and transform."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

Batch = tuple[Tensor, ...]


@dataclass(frozen=True)
class Making:
    """A batch that is being made: `parts` fill it, in any order and at one time, then `finish`."""

    batch: Batch
    parts: Sequence[Callable[[], None]] = ()
    finish: Callable[[], None] = lambda: None


class Reader(Protocol):
    """What a data layer reads. A batch, by its number from 0, is the same whenever it is made."""

    @property
    def records(self) -> int:
        """How many there are, each once in an epoch; 0 where that is not known."""

    def read(self, number: int) -> Any:
        """The raw items of a batch; called by one thread, mostly in rising order."""

    def make(self, items: Any, number: int) -> Making:
        """A float32 tensor for each top, and what fills them; called by the thread that reads."""

    def close(self) -> None:
        """Close the files."""


class Ahead:
    """The batches of a reader from number `first` on, `depth` of them begun before they are due.

    `workers` threads make them; with none, or none begun, a batch is made when it is asked for.
    """

    def __init__(self, reader: Reader, first: int, depth: int, workers: int) -> None:
        self._reader, self._due = reader, first
        self.records = reader.records
        self._depth = depth if workers else 0
        self._begun: deque[Future[tuple[Making, list[Future[None]]]]] = deque()
        if self._depth:
            self._readers = ThreadPoolExecutor(1, "read")
            self._makers = ThreadPoolExecutor(workers, "make")

    def next(self) -> Batch:
        """The next batch; raises what the reader raises, and again when it is called again."""
        made = self._waited() if self._depth else self._at_once()
        self._due += 1
        return made

    def _at_once(self) -> Batch:
        making = self._reader.make(self._reader.read(self._due), self._due)
        for part in making.parts:
            part()
        making.finish()
        return making.batch

    def _waited(self) -> Batch:
        while len(self._begun) <= self._depth:  # the one that is due, and `depth` after it
            number = self._due + len(self._begun)
            self._begun.append(self._readers.submit(self._begin, number))
        making, parts = self._begun[0].result()
        for part in parts:
            part.result()
        making.finish()
        self._begun.popleft()
        return making.batch

    def _begin(self, number: int) -> tuple[Making, list[Future[None]]]:
        making = self._reader.make(self._reader.read(number), number)
        return making, [self._makers.submit(part) for part in making.parts]

    def close(self) -> None:
        """Stop the threads, which finish what they are doing, and close the reader."""
        if self._depth:
            self._readers.shutdown(cancel_futures=True)
            self._makers.shutdown(cancel_futures=True)
        self._begun.clear()
        self._reader.close()
