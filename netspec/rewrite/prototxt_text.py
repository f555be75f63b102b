"""A changed net as prototxt: the old text, in which only the layers that changed are new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from textwrap import indent

from netspec.language.prototxt.escapes import quote
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.rewrite.places import by_place
from netspec.rewrite.splice import Splice, spliced, whole_line
from netspec.schema.settings import NOWHERE
from netspec.source import Source

TODAY = "layer"  # what a layer is called in a file of today's form


def prototxt_text(source: Source, before: Message, after: Message) -> str:
    """The text of `after`, of which `before` is the tree that was read from the source.

    Fields that stayed are the same objects in both; one that came has the span of the one in whose
    place, or behind which, it stands. Comments stay where nothing changes. A file of an old form is
    printed anew.
    """
    if any(f.span.text != f.name for f in before.fields):
        return print_prototxt(after)
    splices: list[Splice] = []
    new = by_place(before, after)
    for old in before.fields:
        splices += _changes(source, old, new.get(id(old), []))
    return spliced(source.text, splices)


def _changes(source: Source, old: Field, new: list[Field]) -> Iterator[Splice]:
    """What becomes of one field: it goes, or gives way to others, or has others behind it."""
    start, end = old.span.start, _end(old)
    if not new:
        yield Splice(*whole_line(source.text, start, end), "")
        return
    if new == [old]:
        return
    line = source.text.rfind("\n", 0, start) + 1
    margin = source.text[line:start]
    margin = margin if not margin.strip() else ""
    if new[0] is old:
        yield Splice(end, end, f"\n{margin}{_printed(new[1:], margin)}")
    elif len(new) == 1 and (values := _values(old, new[0])) is not None:
        yield from values
    else:
        bare = [replace(new[0], before=(), after=""), *new[1:]]  # its comments stay where they are
        yield Splice(start, end, _printed(bare, margin))


def _end(field: Field) -> int:
    return field.value.span.end


def _printed(fields: list[Field], margin: str) -> str:
    return indent(print_prototxt(Message(fields, NOWHERE)), margin).strip()


def _values(old: Field, new: Field) -> list[Splice] | None:
    """The values that differ, where nothing else does."""
    if isinstance(old.value, Scalar) or isinstance(new.value, Scalar):
        return None
    if [f.name for f in old.value.fields] != [f.name for f in new.value.fields]:
        return None
    found: list[Splice] = []
    for was, now in zip(old.value.fields, new.value.fields):
        if was is now or was.value == now.value:
            continue
        if isinstance(was.value, Scalar) and isinstance(now.value, Scalar):
            text = now.value.text
            text = quote(text) if now.value.kind is Kind.STRING else text
            found.append(Splice(was.value.span.start, was.value.span.end, text))
        elif (inner := _values(was, now)) is not None:
            found += inner
        else:
            return None
    return found
