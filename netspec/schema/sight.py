"""What a position of a layer's tops sees of its bottoms: the form in which a layer says it.

def sight(self, *bottoms: Shape) -> Sight:
    return tuple(Reach.window(k, s, p) for k, s, p in self.windows(bottoms[0]))
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Sees(Enum):
    """The two plain cases."""

    SAME = "the same position"
    ALL = "every position"


@dataclass(frozen=True)
class Reach:
    """On one spatial axis, position p sees from `step` p + `first` to `step` p + `last`.

    Fractions stand for what is rounded: then these are the bounds.
    """

    step: Fraction
    first: Fraction
    last: Fraction

    @classmethod
    def window(cls, kernel: int, stride: int = 1, pad: int = 0, dilation: int = 1) -> Reach:
        """A window that slides."""
        last = dilation * (kernel - 1) - pad
        return cls(Fraction(stride), Fraction(-pad), Fraction(last))

    @classmethod
    def spread(cls, kernel: int, stride: int = 1, pad: int = 0, dilation: int = 1) -> Reach:
        """The transpose of a window: each position of the bottom is spread over one."""
        before = dilation * (kernel - 1) - pad
        return cls(Fraction(1, stride), Fraction(-before, stride), Fraction(pad, stride))

    @classmethod
    def shifted(cls, by: int) -> Reach:
        """One position, so many further on."""
        return cls(Fraction(1), Fraction(by), Fraction(by))


Sight = Sees | tuple[Reach, ...] | None
"""A Reach for each spatial axis; None where nobody knows, or it differs from place to place."""
