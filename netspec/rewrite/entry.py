"""An entry of a YAML spec's `layers:`, and how its text changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netspec.language.yaml.nodes import Item, Leaf, Mapping, Node, Sequence, walk
from netspec.rewrite.splice import Splice, spliced


@dataclass(frozen=True, eq=False)
class Entry:
    """`- conv: {out: 64}` or `- ReLU`; `flow` where it stands inside `[ ]`."""

    item: Item
    around: Sequence  # the list that it stands in
    flow: bool
    text: str  # of the file

    @property
    def key(self) -> Leaf:
        """The type or the block that it uses."""
        node = self.item.value
        found = node.items[0].key if isinstance(node, Mapping) else node
        assert isinstance(found, Leaf)
        return found

    @property
    def settings(self) -> Mapping | None:
        """What stands behind the key, where anything does."""
        node = self.item.value
        value = node.items[0].value if isinstance(node, Mapping) else None
        return value if isinstance(value, Mapping) and value.items else None

    @property
    def start(self) -> int:
        return self.key.span.start

    @property
    def end(self) -> int:
        return end_of(self.item.value)

    @property
    def margin(self) -> str:
        """What stands before a further entry of the same list."""
        line = self.text.rfind("\n", 0, self.start) + 1
        before = self.text[line : self.start]
        dashes = len(before) - len(before.lstrip(" -"))
        return ", " if self.flow else "\n" + " " * (dashes - 2) + "- "

    def varied(self, settings: dict[str, str | None]) -> str:
        """The entry's text with settings set, or left out where None."""
        own = self.settings
        if own is None:
            given = ", ".join(f"{k}: {v}" for k, v in settings.items() if v is not None)
            return f"{self.key.text}: {{{given}}}" if given else self.key.text
        splices = list(self._splices(own, settings))
        moved = [Splice(s.start - self.start, s.end - self.start, s.text) for s in splices]
        return spliced(self.text[self.start : self.end], moved)

    def _splices(self, own: Mapping, settings: dict[str, str | None]) -> Iterator[Splice]:
        there = {item.name: i for i, item in enumerate(own.items)}
        new = {k: v for k, v in settings.items() if k not in there and v is not None}
        for name, value in settings.items():
            if name not in there:
                continue
            item = own.items[there[name]]
            if value is not None:
                yield Splice(item.value.span.start, end_of(item.value), value)
            else:
                yield self._dropped(own, there[name])
        if new:
            last = end_of(own.items[-1].value)
            first = own.items[0].span.start
            column = first - self.text.rfind("\n", 0, first) - 1
            between = ", " if own.flow else "\n" + " " * column
            yield Splice(last, last, "".join(f"{between}{k}: {v}" for k, v in new.items()))

    def _dropped(self, own: Mapping, i: int) -> Splice:
        """A setting, with the comma or the line that goes with it."""
        item = own.items[i]
        if not own.flow:
            line = self.text.rfind("\n", 0, item.span.start)
            return Splice(line, end_of(item.value), "")
        if i > 0:
            return Splice(end_of(own.items[i - 1].value), end_of(item.value), "")
        if len(own.items) > 1:
            return Splice(item.span.start, own.items[1].span.start, "")
        return Splice(item.span.start, end_of(item.value), "")


def entries(root: Mapping, text: str) -> dict[int, Entry]:
    """Every entry of every list of a file, by where its key starts."""
    found = {}
    for item, around in walk(root):
        if item.key is not None or not around or not isinstance(around[-1], Sequence):
            continue
        node = item.value
        head = node.items[0].key if isinstance(node, Mapping) and node.items else node
        if isinstance(head, Leaf):
            found[head.span.start] = Entry(
                item, around[-1], any(each.flow for each in around), text
            )
    return found


def end_of(node: Node) -> int:
    """Where a node's text ends; a block collection's span goes on to whatever comes next."""
    if isinstance(node, Leaf) or node.flow or not node.items:
        return node.span.end
    last = node.items[-1]
    if isinstance(last.value, Leaf) and not last.value.text and last.key is not None:
        return last.key.span.end + 1  # `ReLU:` with nothing behind it
    return end_of(last.value)
