"""Comments of a prototxt, which the grammar passes over: each put at the field it speaks of."""

from __future__ import annotations

import re

from netspec.language.tree import Message
from netspec.source import Span

SAME_LINE = re.compile(
    r"[ \t\r\f\v,;]*(?:\s*\][ \t\r\f\v,;]*)?"
)  # a list's last value may have `]` below it


def attach_comments(root: Message, comments: list[Span]) -> None:
    """Give every comment, in file order, its place in the tree; none is lost.

    A comment on the line on which a value ends is that field's `after`. Any other stands `before`
    the next field of the message that it is in, as does one between a name and its value; after
    the last field it belongs to the `tail`.
    """
    waiting = comments[::-1]

    def before(offset: int) -> tuple[str, ...]:
        found = []
        while waiting and waiting[-1].start < offset:
            found.append(_words(waiting.pop()))
        return tuple(found)

    def after(end: int) -> str:
        if waiting and SAME_LINE.fullmatch(waiting[-1].source.text, end, waiting[-1].start):
            return _words(waiting.pop())
        return ""

    def visit(message: Message) -> None:
        for field in message.fields:
            value = field.value
            field.before = before(value.span.start)
            if isinstance(value, Message):
                visit(value)
            else:
                field.before += before(value.span.end)
            field.after = after(value.span.end)
        message.tail = before(message.span.end)

    visit(root)


def _words(comment: Span) -> str:
    return comment.text[1:].removeprefix(" ").rstrip(" \t\r\f\v")
