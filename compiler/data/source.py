"""A source: the module of a data layer. Called without arguments, it returns its next batch."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from compiler.data.ahead import Ahead, Reader
from compiler.data.skipped import Skipped
from compiler.data.stream import Share, Stream
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node
from netspec.records import Unreadable

State = tuple[int, int, int]
MOST = 16  # threads; more wait for each other in Python


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Source(nn.Module, ABC):
    """One float32 tensor for each top, on the net's device, a batch at each call.

    The stream depends on `state` alone, which is the seed of all random choices, the number of
    batches that have been handed out, and the number of processes at its beginning: a source with
    the same state goes on with the same batches. Where several processes share the data, it counts
    the batches of all of them.
    """

    here: Tensor

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.name, self.span = node.name, node.span
        self.position = 0
        self._seed = torch.initial_seed()
        self._share = Share()
        self._began = 0  # with how many processes; 0 before the first batch
        self.skipped = Skipped()
        self.waited = 0.0  # seconds, for batches that were not made yet
        self.register_buffer("here", torch.empty(0), persistent=False)

    @abstractmethod
    def forward(self) -> tuple[Tensor, ...]:
        """The next batch; raises SpecError (C3) where the data cannot be read."""

    @property
    def state(self) -> State:
        """(seed, batches, processes): what it takes to go on, in this process or in another."""
        return self._seed, self.position * self._share.world, self._began or self._share.world

    def restore(self, state: State | tuple[int, int]) -> None:
        """Go on from where a source had this `state`, whatever its share was.

        In states that were kept before they told it, there are as many processes as here.
        """
        self.close()
        self._seed, batches, *began = state
        self._began = began[0] if batches and began else 0
        self.position = -(-batches // self._share.world)

    def shard(self, rank: int, world: int) -> None:
        """From here on read every `world`-th record only, from `rank` on (DataLayer::Skip)."""
        if not 0 <= rank < world:
            raise ValueError(f"rank {rank} of {world}")
        state = self.state
        self._share = Share(rank, world)
        self.restore(state)

    def seed(self, seed: int) -> None:
        """Make the random choices from here on those of `seed`; until then they follow torch's."""
        self.restore((seed, *self.state[1:]))

    def skip(self, batches: int) -> None:
        """Leave out so many batches."""
        self.close()
        self._began = self._began or self._share.world
        self.position += batches

    def check(self) -> None:
        """Open the data and look at the first item; raises SpecError."""

    @property
    def records(self) -> int:
        """How many there are to read, or 0 where that is not known; raises SpecError."""
        return 0

    def close(self) -> None:
        """Give up files and threads; the next call opens them again."""

    def extra_repr(self) -> str:
        return f"position={self.position}"


class Reading(Source):
    """A source that reads files: `open(stream)` makes its Reader, at the first call.

    `depth` batches are made ahead by `workers` threads, one for each core where that is None; the
    batches are the same for any number. What is open stays out of copies, pickles and forks.
    """

    def __init__(
        self, node: Node, open: Callable[[Stream], Reader], depth: int, workers: int | None = None
    ) -> None:
        super().__init__(node)
        self._open, self._depth = open, depth
        self._workers = min(cores(), MOST) if workers is None else workers
        self._ahead: Ahead | None = None
        self._process = 0

    def forward(self) -> tuple[Tensor, ...]:
        began = time.perf_counter()
        with self._diagnosing():
            batch = self._running().next()
        self.waited += time.perf_counter() - began
        self.position += 1
        self._began = self._began or self._share.world
        return tuple(blob.to(self.here.device, non_blocking=True) for blob in batch)

    def check(self) -> None:
        with self._diagnosing():
            self._running()

    @property
    def records(self) -> int:
        with self._diagnosing():
            return self._running().records

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
            processes = self._began or self._share.world
            stream = Stream(self._seed, self._share, processes, self.here.is_cuda, self.skipped)
            self._ahead = Ahead(self._open(stream), self.position, self._depth, self._workers)
        return self._ahead

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_ahead": None}
