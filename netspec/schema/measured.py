"""What a layer type says of its cost and of what its positions see; the analyses ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from netspec.schema.sight import Sees, Sight
from netspec.schema.work import Keeps, Run, Work


class Measured:
    """The part of a layer's declaration that is about measures.

    A layer says what it multiplies in `macs` and all else in `work`, or by `each` and `keeps` where
    they do; one that says neither has a cost that nobody knows.
    """

    each: ClassVar[int | None] = None  # FLOPs for each element of the tops
    keeps: ClassVar[Keeps] = Keeps.NOTHING  # which blobs the backward pass reads again
    differentiable: ClassVar[bool] = True  # gradients go through it
    sees: ClassVar[Sees | None] = None  # what a position of the tops sees of the bottoms

    def macs(self, bottoms: Sequence[tuple[int, ...]], tops: Sequence[tuple[int, ...]]) -> int:
        """Multiply-accumulates of one forward pass of the whole batch, as papers count them."""
        return 0

    def work(self, run: Run) -> Work | None:
        """What a forward pass takes beside the MACs; None where nobody knows."""
        return None if self.each is None else Work(self.each * run.made, self.keeps)

    def sight(self, *bottoms: tuple[int, ...]) -> Sight:
        """What a position of the tops sees, unless `slides` or `elementwise` says it."""
        return self.sees
