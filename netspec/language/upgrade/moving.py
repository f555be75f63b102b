"""A message rebuilt from the fields of another: spans and comments move with their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from netspec.language.tree import Field, Message


class Rebuilt:
    """A message in the making. Comments on what is left out go to the next field that is kept."""

    def __init__(self) -> None:
        self.fields: list[Field] = []
        self.comments: tuple[str, ...] = ()

    def add(self, field: Field) -> None:
        """The next field."""
        if self.comments:
            field = replace(field, before=(*self.comments, *field.before))
            self.comments = ()
        self.fields.append(field)

    def put(self, message: str, field: Field) -> None:
        """A field for the last message of that name, or for a new one in this place."""
        for i in reversed(range(len(self.fields))):
            home = self.fields[i]
            if home.name == message and isinstance(home.value, Message):
                inside = replace(home.value, fields=[*home.value.fields, field])
                self.fields[i] = replace(home, value=inside)
                return
        self.add(Field(message, Message([field], field.span), field.span))

    def drop(self, *fields: Field) -> None:
        """Leave fields out, but for their comments."""
        for field in fields:
            self.comments += tuple(comments(field))

    def message(self, old: Message) -> Message:
        """What takes the place of `old`."""
        return replace(old, fields=self.fields, tail=(*self.comments, *old.tail))


def comments(field: Field) -> Iterator[str]:
    """Every comment on a field and inside it, in file order."""
    yield from field.before
    if isinstance(field.value, Message):
        for each in field.value.fields:
            yield from comments(each)
        yield from field.value.tail
    if field.after:
        yield field.after


def entries(tree: Message, name: str) -> Iterator[tuple[Field, Message]]:
    """The messages of that name with their fields, in file order."""
    return ((f, f.value) for f in tree.each(name) if isinstance(f.value, Message))


def change_each(tree: Message, name: str, change: Callable[[Message], Message]) -> Message:
    """The tree with every message of that name changed."""

    def changed(field: Field) -> Field:
        if field.name == name and isinstance(field.value, Message):
            return replace(field, value=change(field.value))
        return field

    return replace(tree, fields=[changed(f) for f in tree.fields])
