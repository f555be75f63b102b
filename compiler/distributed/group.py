"""The processes of a training, and what they tell each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from netspec.diagnostics import Diagnostic, SpecError

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """This process among `world`; `local` counts those on one machine, each with a GPU of its own.

    Every method is called by all processes, in the same order; alone, none of them waits.
    """

    rank: int = 0
    world: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and speaks."""
        return self.rank == 0

    def share(self, value: T) -> T:
        """The first process's value."""
        return self.gather(value)[0] if self.world > 1 else value

    def gather(self, value: T) -> list[T]:
        """The values of all, by rank."""
        if self.world == 1:
            return [value]
        found: list[T | None] = [None] * self.world
        dist.all_gather_object(found, value)
        return found  # type: ignore[return-value]

    def any(self, *flags: bool) -> list[bool]:
        """Of each flag, whether it is set in any process."""
        if self.world == 1:
            return list(flags)
        together = torch.tensor(flags, dtype=torch.uint8)
        dist.all_reduce(together, dist.ReduceOp.MAX)
        return together.bool().tolist()

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a number; a GPU does not wait for it."""
        if self.world == 1:
            return value
        total = value.detach().clone()
        dist.all_reduce(total)
        return total / self.world

    @torch.no_grad()
    def spread(self, tensors: Sequence[Tensor]) -> None:
        """Let all have the first process's numbers, in place."""
        if self.world > 1:
            for tensor in tensors:
                whole = tensor.detach().contiguous()
                dist.broadcast(whole, 0)
                tensor.copy_(whole)

    def lead(self, task: Callable[[], T]) -> T:
        """What a task returns that only the first process does, or the SpecError that it raises."""
        done: T | None = None
        with self.together():
            done = task() if self.first else None
        return self.share(done)  # type: ignore[return-value]

    @contextmanager
    def together(self) -> Iterator[None]:
        """A block that succeeds in all processes or in none; no other method is called in it.

        Where it raises SpecError in any process, the first one raises all that was found, and the
        others raise a SpecError that says nothing more.
        """
        found: list[Diagnostic] = []
        failed = False
        try:
            yield
        except SpecError as error:
            found, failed = error.diagnostics, True
        everywhere = self.gather((failed, found))
        if any(wrong for wrong, _ in everywhere):
            said = {d.render(): d for _, told in everywhere for d in told}
            raise SpecError(said.values() if self.first else [])

    def alike(self, error: SpecError) -> SpecError:
        """An error that all processes meet at once, and that the first one tells."""
        return error if self.first else SpecError([])


ALONE = Group()
