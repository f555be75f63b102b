"""What a layer's pass takes beside its multiply-accumulates: the form in which a layer says it.

def work(self, run: Run) -> Work:
    return Work(flops=run.made, keeps=Keeps.TOPS)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Flag

PLACE = 8  # bytes of a place among elements, as PyTorch keeps it


class Keeps(Flag):
    """Which blobs of a layer its backward pass reads again, so that they cannot be freed."""

    NOTHING = 0
    BOTTOMS = 1
    TOPS = 2


@dataclass(frozen=True)
class Run:
    """One forward pass of a layer: the shapes of its blobs, and whether it trains."""

    bottoms: tuple[tuple[int, ...], ...]
    tops: tuple[tuple[int, ...], ...]
    training: bool = False

    @property
    def made(self) -> int:
        """The elements of the tops."""
        return sum(map(math.prod, self.tops))

    @property
    def read(self) -> int:
        """The elements of the bottoms."""
        return sum(map(math.prod, self.bottoms))


@dataclass(frozen=True)
class Work:
    """What one forward pass takes, for the whole batch, and what it leaves for the backward pass.

    `flops` are the operations on floating-point numbers beside the MACs: an addition, a product, a
    comparison, an exponential, each is one; None where their number depends on the values. Elements
    are as large as the net's numbers; places and masks have a size of their own, in bytes.
    """

    flops: int | None
    keeps: Keeps = Keeps.NOTHING
    kept: int = 0  # elements that it keeps for its backward pass, beside its blobs
    marks: int = 0  # bytes of places and masks; made in any pass, kept for the backward one
    scratch: int = 0  # elements that it holds only while it runs, beside its tops
    back: int = 0  # elements that its backward pass holds only while it runs
    view: bool = False  # its tops are its first bottom's memory
    passes: bool = False  # hands its top's gradient on as it is, without memory of its own
