"""What a source reads, and on whose behalf: the seed, the share of this process, where to."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from compiler.data.chance import Chance
from compiler.data.skipped import Skipped


@dataclass(frozen=True)
class Share:
    """Of the records in their order, every `world`-th from `rank` on (DataLayer::Skip).

    So the batches of all processes together are the records in turn, each once.
    """

    rank: int = 0
    world: int = 1

    def records(self, number: int, size: int) -> range:
        """The places of the records of a batch, in a stream without an end."""
        first = number * size * self.world + self.rank
        return range(first, first + size * self.world, self.world)

    def turn(self, number: int) -> int:
        """The number of a batch among those of all processes, for random choices of its own."""
        return number * self.world + self.rank


@dataclass(frozen=True)
class Stream:
    """`processes` shared the data when it began, of which `share` may be another division now.

    `pinned` puts batches where a GPU fetches them fastest; `skipped` counts broken records.
    """

    seed: int
    share: Share = Share()
    processes: int = 1
    pinned: bool = False
    skipped: Skipped = field(default_factory=Skipped)

    def chance(self, name: str) -> Chance:
        """The random choices of the layer of this name; those of all processes agree."""
        return Chance(self.seed, name)

    def blob(self, *shape: int) -> Tensor:
        """Room for a top."""
        return torch.empty(shape, pin_memory=self.pinned)
