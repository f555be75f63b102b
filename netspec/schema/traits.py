"""What a layer answers where analyses and lints ask more than yes or no."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """What slides over a bottom's spatial axes, each a number for every axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int = 1  # how many parts the channels are split into, each with filters of its own


@dataclass(frozen=True)
class Survey:
    """What a source of data holds: how many items, and the range of the labels looked at."""

    items: int
    labels: tuple[int, int]
    looked: int  # at how many items
