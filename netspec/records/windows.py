"""The window file of a WindowData layer: for each image its size and the windows in it."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from netspec.records.unreadable import Unreadable

FORM = (
    "each image is `# number`, its path, its channels, height and width, "
    "the number of windows, and a window a line, all separated by blanks"
)


def first_window_channels(source: str) -> int:
    """The channels of the first image; raises Unreadable (C301, C304, C305)."""
    try:
        with Path(source).open(encoding="utf-8", errors="replace") as file:
            words = [word for line in islice(file, 8) for word in line.split()]
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        message = f"the list {source} cannot be read ({reason})"
        raise Unreadable("C301", message, "paths are relative to the working directory") from None
    if not words:
        raise Unreadable("C304", f"the list {source} is empty", FORM)
    if words[0] != "#" or len(words) < 4 or not words[3].isdecimal():
        raise Unreadable("C305", f"{source} does not begin with an image", FORM)
    return int(words[3])
