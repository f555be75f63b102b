"""Comments of YAML, which PyYAML drops: found again between the scalars, and put on items.

A comment on a line of its own belongs to the item below it, or closes the collection whose column
it keeps; a comment behind something belongs to the item that begins on that line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from netspec.language.nodes import Item, Leaf, Mapping, Sequence, walk
from netspec.source import Source

COMMENT = re.compile(r"(?:(?<=\s)|(?<=\ufeff)|\A)#([^\r\n]*)")


class Comment(NamedTuple):
    """A comment's text without `#`, and where the `#` stands."""

    text: str
    at: int


class Placed(NamedTuple):
    """An item with the collections around it, from the outside in."""

    start: int
    item: Item
    around: tuple[Sequence | Mapping, ...]


def attach_comments(root: Mapping, leaves: list[Leaf], source: Source) -> None:
    """Fill `before`, `after` and `tail` below a node; `leaves` are its scalars in file order."""
    if "#" not in source.text:
        return
    comments = list(_comments(leaves, source))
    if not comments:
        return
    placed = [Placed(item.span.start, item, around) for item, around in walk(root)]
    starts = [p.start for p in placed]
    for comment in comments:
        line_start = source.text.rfind("\n", 0, comment.at) + 1
        index = bisect_right(starts, comment.at)
        if source.text[line_start : comment.at].strip(" \t\ufeff"):
            _behind(comment, list(_on_line(placed, index, line_start)) or placed[index - 1 : index])
        else:
            _alone(comment, comment.at - line_start, placed, index, source, root)


def _comments(leaves: list[Leaf], source: Source) -> Iterator[Comment]:
    """Every `#` that begins a comment: outside scalars, at the start of a line or after a blank."""
    gap = 0
    ends = [(leaf.span.start, leaf.span.end) for leaf in leaves]
    for start, end in (*ends, (len(source.text), 0)):
        for found in COMMENT.finditer(source.text, gap, start):
            yield Comment(found[1].removeprefix(" ").rstrip(), found.start())
        gap = end


def _on_line(placed: list[Placed], index: int, line_start: int) -> Iterator[Placed]:
    while index > 0 and placed[index - 1].start >= line_start:
        index -= 1
        yield placed[index]


def _behind(comment: Comment, on_line: list[Placed]) -> None:
    """Put a comment on the last item of its line that is still open, or else stands on lines."""
    for placed in on_line:
        if all(not c.flow or c.span.end > comment.at for c in placed.around):
            break
    else:
        placed = on_line[0]
    before = f"{placed.item.after} " if placed.item.after else ""
    placed.item.after = before + comment.text


def _alone(
    comment: Comment, column: int, placed: list[Placed], index: int, source: Source, root: Mapping
) -> None:
    """Put a comment of its own line before the next item, or at the end of a collection."""
    following = placed[index] if index < len(placed) else None
    open_here = placed[index - 1].around if index > 0 else (root,)
    if following is not None:
        keeps = [c for c in open_here if _column(c, source) <= column and c not in following.around]
        if not keeps or any(c.flow for c in following.around):
            following.item.before += (comment.text,)
            return
        keeps[-1].tail += (comment.text,)
        return
    keeps = [c for c in open_here if _column(c, source) <= column]
    (keeps or [root])[-1].tail += (comment.text,)


def _column(node: Sequence | Mapping, source: Source) -> int:
    return source.position(node.span.start)[1] - 1
