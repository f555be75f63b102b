"""Where text came from: a Source is a named text, a Span a stretch of it that draws its caret."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

CUT = "..."
TAB = 4


@dataclass(frozen=True, eq=False)
class Source:
    """A text and the name that people know it by (a path, or `<text>`)."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        while (at := find("\n", starts[-1])) >= 0:
            starts.append(at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from 1), without its end."""
        start = self._line_starts[number - 1]
        stop = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:stop].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """The inverse of `position`."""
        return self._line_starts[line - 1] + column - 1


class Span(NamedTuple):
    """The characters [start, end) of a source.

    `via` is where a block was used, for text inside the block: a chain from the inside out.
    """

    source: Source
    start: int
    end: int
    via: Span | None = None

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    def outwards(self) -> Iterator[Span]:
        """The span, then where the block that it stands in is used, and so on to the outermost."""
        span: Span | None = self
        while span is not None:
            yield span
            span = span.via

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"

    def snippet(self, width: int = 76) -> tuple[str, str]:
        """The line that the span starts on and the carets under it, cut to `width` columns.

        What is cut off on either side is shown as three points.
        """
        number, column = self.source.position(self.start)
        line = self.source.line(number)
        start, end, far = column - 1, column - 1 + max(1, self.end - self.start), 4 * width
        before = printable(line[max(0, start - far) : start])  # not all of a line of megabytes
        marked = printable(line[start : min(end, start + far)])
        after = printable(line[end : end + far])
        indent, length = _columns(before), max(1, _columns(marked))
        whole = indent + length + _columns(after.rstrip()) <= width
        if not whole and indent + min(length, width // 2) > width - len(CUT):
            cut = len(before) - (width // 2 - len(CUT))
            before = CUT + before[cut:] if cut > 0 else before
            indent = _columns(before)
        shown = (before + marked + after).rstrip()
        if len(shown) > width:
            shown = shown[: width - len(CUT)] + CUT
        return shown, " " * indent + "^" * min(length, width - indent)


def printable(text: str) -> str:
    """The text with tabs as spaces and a sign for each character that a terminal might obey."""
    text = text.expandtabs(TAB) if "\t" in text else text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = {"W": 2, "F": 2}
    return sum(
        0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1)
        for c in text
    )
