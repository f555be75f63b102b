"""Batches made ahead of time, in order: one thread reads, others decode and transform."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np

Batch = tuple[np.ndarray, ...]


class Reader(Protocol):
    """What a data layer reads. A batch, by its number from 0, is the same whenever it is made."""

    def read(self, number: int) -> Any:
        """The raw items of a batch; called by one thread, mostly in rising order."""

    def make(self, items: Any, number: int) -> Batch:
        """A float32 array for each top; called by any thread."""

    def close(self) -> None:
        """Close the files."""


class Ahead:
    """The batches of a reader from number `first` on, `depth` of them begun before they are due."""

    def __init__(self, reader: Reader, first: int, depth: int) -> None:
        self._reader, self._due, self._depth = reader, first, depth
        self._begun: deque[Future[Batch]] = deque()
        if depth:
            self._readers = ThreadPoolExecutor(1, "read")
            self._makers = ThreadPoolExecutor(min(depth, os.cpu_count() or 1), "make")

    def next(self) -> Batch:
        """The next batch; raises what the reader raises, and again when it is called again."""
        if not self._depth:
            made = self._reader.make(self._reader.read(self._due), self._due)
            self._due += 1
            return made
        self._fill()
        made = self._begun[0].result()
        self._begun.popleft()
        self._due += 1
        self._fill()
        return made

    def _fill(self) -> None:
        while len(self._begun) < self._depth:
            number = self._due + len(self._begun)
            items = self._readers.submit(self._reader.read, number)
            self._begun.append(self._makers.submit(self._make, items, number))

    def _make(self, items: Future[Any], number: int) -> Batch:
        return self._reader.make(items.result(), number)

    def close(self) -> None:
        """Stop the threads, which finish what they are doing, and close the reader."""
        if self._depth:
            self._readers.shutdown(cancel_futures=True)
            self._makers.shutdown(cancel_futures=True)
        self._begun.clear()
        self._reader.close()
