"""Memory as it fills and empties: blocks that several hold, and the most that there was at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass
class Heap:
    """Blocks of memory, in bytes. A block is freed when nobody holds it any more.

    `peak` is the most that was live at a time, and `at` what was done then.
    """

    live: int = 0
    peak: int = 0
    at: Hashable = None
    doing: Hashable = None
    _sizes: dict[Hashable, int] = field(default_factory=dict)
    _holders: Counter[Hashable] = field(default_factory=Counter)

    def hold(self, block: Hashable, size: int = 0) -> None:
        """Hold a block; the first holder makes it, `size` bytes large."""
        if not self._holders[block]:
            self._sizes[block] = size
            self._grow(size)
        self._holders[block] += 1

    def release(self, block: Hashable) -> None:
        """Let go of a block; with the last holder it is freed."""
        self._holders[block] -= 1
        if not self._holders[block]:
            del self._holders[block]
            self.live -= self._sizes.pop(block)

    def borrow(self, size: int) -> None:
        """Memory that is freed as soon as what is being done is done."""
        self._grow(size)
        self.live -= size

    def _grow(self, size: int) -> None:
        self.live += size
        if self.live > self.peak:
            self.peak, self.at = self.live, self.doing
