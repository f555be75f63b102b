"""The tree that every syntax is read into: a Message is a list of Fields, a Field's value a Scalar
or a Message.

A list `[1, 2]` is read as the same field written twice, which is what it means to protobuf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from netspec.source import Span

OLD_NAMES = ("blobs_lr", "weight_decay", "blob_share_mode", "input_dim", "input_shape")


class Kind(Enum):
    """How a scalar was written, which decides what it may stand for."""

    NUMBER = (
        "number"  # 1  0x1F  017  1.  .5  1e-3f  -inf is a NAME behind a sign, and so a NUMBER too
    )
    STRING = "text"  # "quoted": text, never a number, an enum or a boolean
    NAME = "name"  # MAX, true: an enum's value or a boolean, never text
    WORD = "word"  # a YAML string: text or name, whichever is expected


class Scalar(NamedTuple):
    """A value as written. `text` is a number's literal, the decoded content of anything else."""

    kind: Kind
    text: str
    span: Span


@dataclass(slots=True, eq=False)
class Field:
    """`name: value` or `name { ... }`.

    `span` covers the name; `before` and `after` are its comments, without `#`; `listed` says that
    the value stands in a prototxt's list, `name: [value]`, which only a repeated field may be.
    """

    name: str
    value: Scalar | Message
    span: Span
    before: tuple[str, ...] = ()
    after: str = ""
    listed: bool = False

    @property
    def written(self) -> str:
        """The name as the file has it, where upgrading gave the field another: blobs_lr."""
        return self.span.text if self.span.text in OLD_NAMES else self.name


@dataclass(slots=True, eq=False)
class Message:
    """Fields in file order. `tail` holds the comments between the last field and the closing brace.

    `block` is the path of the block that a layer of a YAML spec stands in: ("3a", "3x3") for
    3a/3x3/conv.
    """

    fields: list[Field]
    span: Span
    tail: tuple[str, ...] = ()
    block: tuple[str, ...] = ()

    def each(self, name: str) -> Iterator[Field]:
        """Every field of that name, in file order."""
        return (f for f in self.fields if f.name == name)

    def last(self, name: str) -> Field | None:
        """The last field of that name, which is the one that counts where one is allowed."""
        return next((f for f in reversed(self.fields) if f.name == name), None)

    def text(self, name: str) -> str:
        """The text of the last scalar field of that name, or an empty string."""
        found = self.last(name)
        return found.value.text if found is not None and isinstance(found.value, Scalar) else ""


def same(one: Message, other: Message) -> bool:
    """Whether two trees have the same fields, values and order; spans and comments do not count."""
    todo: list[tuple[Message, Message]] = [(one, other)]
    while todo:
        a, b = todo.pop()
        if len(a.fields) != len(b.fields):
            return False
        for f, g in zip(a.fields, b.fields):
            if f.name != g.name:
                return False
            if isinstance(f.value, Message) and isinstance(g.value, Message):
                todo.append((f.value, g.value))
            elif isinstance(f.value, Scalar) and isinstance(g.value, Scalar):
                if (f.value.kind, f.value.text) != (g.value.kind, g.value.text):
                    return False
            else:
                return False
    return True


def describe(value: Scalar | Message) -> str:
    """What a diagnostic calls a value that it found: `3`, `MAX`, `the text "a"`."""
    if isinstance(value, Message):
        return "a { ... } message"
    shown = value.text if len(value.text) <= 40 else value.text[:37] + "..."
    bare = value.kind is Kind.WORD and shown.isidentifier()
    return shown if value.kind in (Kind.NUMBER, Kind.NAME) or bare else f'the text "{shown}"'


__all__ = ["Field", "Kind", "Message", "Scalar", "describe", "same"]
