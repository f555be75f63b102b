"""A text with some of its parts exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Splice(NamedTuple):
    """The characters [start, end) give way to `text`."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with every splice made; of one place, in their order. None overlaps another."""
    parts, at = [], 0
    for each in sorted(splices, key=lambda s: (s.start, s.end)):
        assert each.start >= at, "two splices overlap"
        parts += [text[at : each.start], each.text]
        at = each.end
    return "".join([*parts, text[at:]])


def whole_line(text: str, start: int, end: int) -> tuple[int, int]:
    """[start, end), with its line where nothing else stands on it."""
    line = text.rfind("\n", 0, start) + 1
    after = text.find("\n", end)
    after = len(text) if after < 0 else after + 1
    alone = not text[line:start].strip() and not text[end:after].strip()
    return (line, after) if alone else (start, end)
