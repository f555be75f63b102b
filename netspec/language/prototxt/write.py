"""A tree printed as prototxt, in protobuf's own style, with its comments in their places."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.language.prototxt.escapes import quote
from netspec.language.tree import Field, Kind, Message, Scalar

WIDTH = 80
ALWAYS_OPEN = ("layer", "layers")  # printed on several lines, however short


def print_prototxt(message: Message) -> str:
    """The text that reads as this tree.

    A word of YAML (Kind.WORD) has to be made text or name before: raises ValueError for one.
    """
    return "".join(f"{line}\n" for line in _lines(message, ""))


def _lines(message: Message, indent: str) -> Iterator[str]:
    for field in message.fields:
        yield from _comments(field.before, indent)
        after = f"  {_comment(field.after)}" if field.after else ""
        value = field.value
        if isinstance(value, Scalar):
            yield f"{indent}{field.name}: {_scalar(value)}{after}"
        elif (line := _one_line(field, WIDTH - len(indent))) is not None:
            yield f"{indent}{line}{after}"
        else:
            yield f"{indent}{field.name} {{"
            yield from _lines(value, indent + "  ")
            yield f"{indent}}}{after}"
    yield from _comments(message.tail, indent)


def _one_line(field: Field, room: int) -> str | None:
    """The field on one line, if it finds room and no comment stands inside."""
    value = field.value
    if isinstance(value, Scalar):
        line = f"{field.name}: {_scalar(value)}"
        return line if len(line) <= room else None
    if field.name in ALWAYS_OPEN or value.tail:
        return None
    parts = []
    for inner in value.fields:
        part = None if inner.before or inner.after else _one_line(inner, room)
        if part is None:
            return None
        parts.append(part)
    line = f"{field.name} {{ {' '.join(parts)} }}" if parts else f"{field.name} {{}}"
    return line if len(line) <= room else None


def _scalar(value: Scalar) -> str:
    if value.kind is Kind.WORD:
        raise ValueError(f"{value.span}: is {value.text} text or a name?")
    return quote(value.text) if value.kind is Kind.STRING else value.text


def _comments(texts: tuple[str, ...], indent: str) -> Iterator[str]:
    return (indent + _comment(line) for text in texts for line in text.split("\n"))


def _comment(text: str) -> str:
    return f"# {text}".rstrip(" ").replace("\n", " ")
