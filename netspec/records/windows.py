"""The window file of a WindowData layer: images, their sizes, and the windows in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.records.unreadable import Unreadable

if TYPE_CHECKING:
    import numpy as np

FORM = (
    "an image is `# number`, its path, its channels, height and width, and the number of windows; "
    "a window is a label, an overlap, and the corners x1 y1 x2 y2"
)

WHOLE = (0, 2, 3, 4, 5)  # columns of a window that hold whole numbers


@dataclass(frozen=True, eq=False)
class WindowedImage:
    """`windows` has a row for each: label, overlap with an object, x1, y1, x2, y2."""

    path: str
    channels: int
    windows: np.ndarray


def windowed_images(source: str) -> Iterator[WindowedImage]:
    """The images in turn (window_data_layer.cpp); raises Unreadable (C301, C304, C305)."""
    import numpy as np  # takes a tenth of a second, and most nets have no windows

    words = _words(source)
    number = 0
    for number, mark in enumerate(words, 1):
        head = list(islice(words, 6))
        try:
            (path, *sizes), index = head[1:], int(head[0])
            channels, _, _, count = (int(word) for word in sizes)
            found = np.array([float(word) for word in islice(words, 6 * count)], np.float32)
            windows = found.reshape(count, 6)
        except (ValueError, IndexError):
            mark = ""
        if mark != "#" or (windows[:, WHOLE] % 1).any():
            message = f"image {number:,} of {source} is not written as it has to be"
            raise Unreadable("C305", message, FORM)
        if index != number - 1:
            message = f"image {number:,} of {source} is numbered {index}, not {number - 1}"
            help = "Caffe would cut its windows from the image at that place; count from 0"
            raise Unreadable("C305", message, help)
        yield WindowedImage(path, channels, windows)
    if not number:
        raise Unreadable("C304", f"the list {source} is empty", FORM)


def _words(source: str) -> Iterator[str]:
    try:
        with Path(source).open(encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                yield from line.split()
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        message = f"the list {source} cannot be read ({reason})"
        raise Unreadable("C301", message, "paths are relative to the working directory") from None
