"""Comments of YAML, which PyYAML drops: found again between the scalars, and put on items.

A comment on a line of its own belongs to the item below it, or closes the collection whose column
it keeps; a comment behind something belongs to the item that begins on that line.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from netspec.language.yaml.nodes import Item, Leaf, Mapping, Sequence, walk
from netspec.source import Source

COMMENT = re.compile(r"(?:(?<=\s)|(?<=\ufeff)|\A)#([^\r\n]*)")


class Comment(NamedTuple):
    """A comment's text without `#`, where the `#` stands, and where its line begins."""

    text: str
    at: int
    line: int

    @property
    def column(self) -> int:
        return self.at - self.line


class Placed(NamedTuple):
    """An item with the collections around it, from the outside in."""

    start: int
    item: Item
    around: tuple[Sequence | Mapping, ...]


def attach_comments(root: Mapping, leaves: list[Leaf], source: Source) -> None:
    """Fill `before`, `after` and `tail` below a node; `leaves` are its scalars in file order."""
    comments = list(_comments(leaves, source)) if "#" in source.text else []
    if not comments:
        return
    placed = [Placed(item.span.start, item, around) for item, around in walk(root)]
    starts = [p.start for p in placed]
    before: dict[Item, list[str]] = {}
    after: dict[Item, list[str]] = {}
    tail: dict[Sequence | Mapping, list[str]] = {}
    for comment in comments:
        index = bisect_right(starts, comment.at)
        if source.text[comment.line : comment.at].strip(" \t\ufeff"):
            after.setdefault(_owner(comment, placed, starts, index), []).append(comment.text)
        elif (closed := _closed(comment, placed, index, source, root)) is not None:
            tail.setdefault(closed, []).append(comment.text)
        else:
            before.setdefault(placed[index].item, []).append(comment.text)
    for item, texts in before.items():
        item.before = tuple(texts)
    for item, texts in after.items():
        item.after = " ".join(texts)
    for node, texts in tail.items():
        node.tail = tuple(texts)


def _comments(leaves: list[Leaf], source: Source) -> Iterator[Comment]:
    """Every `#` that begins a comment: outside scalars, at the start of a line or after a blank."""
    text, gap, line, seen = source.text, 0, 0, 0
    ends = [(leaf.span.start, leaf.span.end) for leaf in leaves]
    for start, end in (*ends, (len(text), 0)):
        for found in COMMENT.finditer(text, gap, start):
            at = found.start()
            line = max(line, text.rfind("\n", seen, at) + 1, text.rfind("\r", seen, at) + 1)
            seen = at
            yield Comment(found[1].removeprefix(" ").rstrip(), at, line)
        gap = end


def _owner(comment: Comment, placed: list[Placed], starts: list[int], index: int) -> Item:
    """The last item of a comment's line that is still open there, or else stands on lines."""
    for each in reversed(placed[bisect_left(starts, comment.line) : index]):
        if all(not c.flow or c.span.end > comment.at for c in each.around):
            return each.item
    return placed[max(index - 1, 0)].item


def _closed(
    comment: Comment, placed: list[Placed], index: int, source: Source, root: Mapping
) -> Sequence | Mapping | None:
    """The collection that a comment of its own line closes; None where it precedes an item."""
    around = placed[index - 1].around if index > 0 else (root,)
    following = placed[index].around if index < len(placed) else ()
    if any(c.flow for c in following):
        return None
    keeps = [c for c in around if _column(c, source) <= comment.column and c not in following]
    if index == len(placed):
        return keeps[-1] if keeps else root
    return keeps[-1] if keeps else None


def _column(node: Sequence | Mapping, source: Source) -> int:
    return source.position(node.span.start)[1] - 1
