"""What YAML text is made of: leaves, sequences and mappings, with their places and comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias

from netspec.source import Span


class Core(Enum):
    """The types of the YAML 1.2 core schema."""

    NULL = "nothing"
    BOOL = "true or false"
    INT = "a whole number"
    FLOAT = "a number"
    TEXT = "text"


class Leaf(NamedTuple):
    """A scalar. `text` is what a number or boolean was written as, the content of anything else."""

    core: Core
    text: str
    span: Span
    quoted: bool = False


@dataclass(slots=True, eq=False)
class Item:
    """An entry of a mapping (with its key) or of a sequence (without), and the comments on it."""

    value: Node
    key: Leaf | None = None
    before: tuple[str, ...] = ()
    after: str = ""

    @property
    def span(self) -> Span:
        """Where a person looks for it: the key, or the value of an entry without one."""
        return self.key.span if self.key is not None else self.value.span

    @property
    def name(self) -> str:
        return self.key.text if self.key is not None else ""


@dataclass(slots=True, eq=False)
class Sequence:
    """`[a, b]` or lines that begin with `-`. `tail` holds the comments after the last item."""

    items: list[Item]
    span: Span
    flow: bool = False
    tail: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Mapping:
    """`{a: 1}` or lines of `a: 1`; every key is there once."""

    items: list[Item] = field(default_factory=list)
    span: Span = field(kw_only=True)
    flow: bool = False
    tail: tuple[str, ...] = ()

    def get(self, name: str) -> Item | None:
        return next((item for item in self.items if item.name == name), None)


Node: TypeAlias = Leaf | Sequence | Mapping


def walk(root: Node) -> Iterator[tuple[Item, tuple[Sequence | Mapping, ...]]]:
    """Every item below a node in file order, with the collections around it from the outside in."""
    todo: list[tuple[Item, tuple[Sequence | Mapping, ...]]] = []

    def push(node: Node, around: tuple[Sequence | Mapping, ...]) -> None:
        if not isinstance(node, Leaf):
            todo.extend((item, (*around, node)) for item in reversed(node.items))

    push(root, ())
    while todo:
        item, around = todo.pop()
        yield item, around
        push(item.value, around)


def describe(node: Node) -> str:
    """How a diagnostic names a node: `the text "a"`, `the number 3`, `a list`, `a mapping`."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.core is Core.NULL:
        return "nothing"
    shown = node.text if len(node.text) <= 40 else node.text[:37] + "..."
    return f'the text "{shown}"' if node.core is Core.TEXT else shown
