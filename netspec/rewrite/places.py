"""Where the fields of a changed tree stand in the file that the tree was read from."""

from __future__ import annotations

from netspec.language.tree import Field, Message
from netspec.source import Span


def by_place(before: Message, after: Message) -> dict[int, list[Field]]:
    """The fields of a changed tree, by the `id` of the old field in whose place each stands.

    That is itself; or the one of its span; or, for a field from nowhere, that of the field before.
    """
    old = {id(f): f for f in before.fields}
    spans: dict[Span, Field] = {}
    for field in before.fields:
        spans.setdefault(field.span, field)
    found: dict[int, list[Field]] = {}
    place = before.fields[0] if before.fields else None
    for field in after.fields:
        place = old.get(id(field)) or _of_span(field, spans, before) or place
        assert place is not None
        found.setdefault(id(place), []).append(field)
    return found


def _of_span(field: Field, spans: dict[Span, Field], before: Message) -> Field | None:
    """The old field of a span; of several in one place, as a loop makes them, that of its name."""
    first = spans.get(field.span)
    if first is None or not isinstance(field.value, Message):
        return first
    name = field.value.text("name")
    same = [
        f
        for f in before.fields
        if f.span == field.span and isinstance(f.value, Message) and f.value.text("name") == name
    ]
    return same[0] if same else first
