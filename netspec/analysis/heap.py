"""Memory as it fills and empties: blocks that several hold, and the most that there was at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable


class Heap:
    """Blocks of memory, in bytes, each of a kind. A block is freed when nobody holds it any more.

    `peak` is the most that was live at a time, by kind, and `at` what was done then: `doing`.
    """

    def __init__(self) -> None:
        self.doing = self.at = ""
        self.peak: Counter[str] = Counter()
        self._live: Counter[str] = Counter()
        self._blocks: dict[Hashable, tuple[str, int]] = {}
        self._holders: Counter[Hashable] = Counter()

    def hold(self, block: Hashable, size: int = 0, kind: str = "") -> None:
        """Hold a block; the first holder makes it, `size` bytes large."""
        if not self._holders[block]:
            self._blocks[block] = kind, size
            self._grow(size, kind)
        self._holders[block] += 1

    def release(self, block: Hashable) -> None:
        """Let go of a block; with the last holder it is freed."""
        self._holders[block] -= 1
        if not self._holders[block]:
            del self._holders[block]
            kind, size = self._blocks.pop(block)
            self._live[kind] -= size

    def borrow(self, size: int, kind: str) -> None:
        """Memory that is freed as soon as what is being done is done."""
        self._grow(size, kind)
        self._live[kind] -= size

    def _grow(self, size: int, kind: str) -> None:
        self._live[kind] += size
        if self._live.total() > self.peak.total():
            self.peak, self.at = +self._live, self.doing
