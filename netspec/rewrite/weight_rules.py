"""How the weights of a net become those of the rewritten net that computes the same.

The rules say what is done; compiler/weights/rewritten.py does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Stack:
    """`made` has the filters of several layers, one after the other."""

    made: str
    of: tuple[str, ...]


@dataclass(frozen=True)
class DropBias:
    """A bias before a BatchNorm goes into the mean that is subtracted from it."""

    layer: str
    norm: str


@dataclass(frozen=True)
class Fold:
    """A BatchNorm, and a Scale behind it, become part of the filters and the bias before them."""

    layer: str
    norm: str
    scale: str | None
    eps: float


WeightRule: TypeAlias = Stack | DropBias | Fold
