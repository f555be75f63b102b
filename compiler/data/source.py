"""A source: the module of a data layer. Called without arguments, it returns its next batch."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from compiler.data.ahead import Ahead, Reader
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node
from netspec.records import Unreadable


class Source(nn.Module, ABC):
    """One float32 tensor for each top, on the net's device, a batch at each call.

    The stream depends on `state` alone, which is the seed of all random choices and the number of
    batches that have been handed out: a source with the same state goes on with the same batches.
    """

    here: Tensor

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.name, self.span = node.name, node.span
        self.position = 0
        self._seed = torch.initial_seed()
        self.register_buffer("here", torch.empty(0), persistent=False)

    @abstractmethod
    def forward(self) -> tuple[Tensor, ...]:
        """The next batch; raises SpecError (C3) where the data cannot be read."""

    @property
    def state(self) -> tuple[int, int]:
        """(seed, position): what it takes to go on from here, in this process or in another."""
        return self._seed, self.position

    def restore(self, state: tuple[int, int]) -> None:
        """Go on from where a source had this `state`."""
        self.close()
        self._seed, self.position = state

    def seed(self, seed: int) -> None:
        """Make the random choices from here on those of `seed`; until then they follow torch's."""
        self.restore((seed, self.position))

    def skip(self, batches: int) -> None:
        """Leave out so many batches."""
        self.restore((self._seed, self.position + batches))

    def check(self) -> None:
        """Open the data and look at the first item; raises SpecError."""

    def close(self) -> None:
        """Give up files and threads; the next call opens them again."""

    def extra_repr(self) -> str:
        return f"position={self.position}"


class Reading(Source):
    """A source that reads files: `open(seed)` makes its Reader, at the first call.

    `depth` batches are made ahead, by threads. What is open stays out of copies, pickles and forks.
    """

    def __init__(self, node: Node, open: Callable[[int], Reader], depth: int) -> None:
        super().__init__(node)
        self._open, self._depth = open, depth
        self._ahead: Ahead | None = None
        self._process = 0

    def forward(self) -> tuple[Tensor, ...]:
        with self._diagnosing():
            batch = self._running().next()
        self.position += 1
        device = self.here.device
        return tuple(torch.from_numpy(array).to(device) for array in batch)

    def check(self) -> None:
        with self._diagnosing():
            self._running()

    def close(self) -> None:
        if self._ahead is not None and self._process == os.getpid():
            self._ahead.close()
        self._ahead = None

    @contextmanager
    def _diagnosing(self) -> Iterator[None]:
        try:
            yield
        except Unreadable as wrong:
            self.close()
            message = f"layer {self.name}: {wrong}"
            raise SpecError(Diagnostic(wrong.code, message, self.span, wrong.help)) from None

    def _running(self) -> Ahead:
        if self._ahead is None or self._process != os.getpid():  # threads do not survive a fork
            self._process = os.getpid()
            self._ahead = Ahead(self._open(self._seed), self.position, self._depth)
        return self._ahead

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_ahead": None}
