"""A batch filled item by item, in parts that workers share; what becomes of broken records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from threading import Lock
from typing import Protocol

import numpy as np

from compiler.data.ahead import Batch, Making
from compiler.data.skipped import Skipped
from netspec.records import Unreadable

PART = 2**19  # numbers that a worker fills at a time: as much as stays in a processor's cache


class Named(Protocol):
    @property
    def what(self) -> str:
        """What diagnostics call it."""


class Filling:
    """Fills place i of a batch with item i by `fill(i)`, which raises Unreadable.

    `fill_all` may fill several places at once, and says whether it did. `finish` is then done to a
    part of the batch at once. A place without an item is 0 until then.
    With `skipped`, a record that cannot be read is counted there, and the next record of the batch
    that can be read stands in its place too; which one depends on the batch alone. Without, or
    where none can be read, it raises.
    """

    def __init__(
        self,
        batch: Batch,
        items: Sequence[Named],
        fill: Callable[[int], None],
        skipped: Skipped | None,
        finish: Callable[[np.ndarray], None] = lambda part: None,
        fill_all: Callable[[range], bool] = lambda places: False,
    ) -> None:
        self._batch, self._items, self._fill, self._finish = batch, items, fill, finish
        self._skipped, self._fill_all = skipped, fill_all
        self._lacking: dict[int, Unreadable] = {}
        self._lock = Lock()

    def making(self) -> Making:
        size = max(1, PART // max(1, self._batch[0][0].numel()))
        count = len(self._items)
        parts = [
            partial(self._part, range(first, min(first + size, count)))
            for first in range(0, count, size)
        ]
        return Making(self._batch, parts, self._replace)

    def _part(self, places: range) -> None:
        try:
            filled = self._fill_all(places)
        except Unreadable:  # of which one, is found out singly
            filled = False
        if not filled:
            self._singly(places)
        self._finish(self._batch[0].numpy()[places.start : places.stop])

    def _singly(self, places: range) -> None:
        for i in places:
            try:
                self._fill(i)
            except Unreadable as wrong:
                if self._skipped is None:
                    raise
                with self._lock:
                    self._lacking[i] = wrong
                self._batch[0][i] = 0

    def _replace(self) -> None:
        count = len(self._items)
        if len(self._lacking) == count:
            raise self._lacking[0]
        for i, wrong in sorted(self._lacking.items()):
            assert self._skipped is not None
            self._skipped.add(self._items[i].what, wrong)
            after = chain(range(i + 1, count), range(i))
            found = next(j for j in after if j not in self._lacking)
            for top in self._batch:
                top[i] = top[found]
