"""A rewritten net as prototxt: the old text, in which only the layers that change are new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import indent

from netspec.language.prototxt.escapes import quote
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Field, Message, Scalar
from netspec.rewrite.edit import Edit, Insert, touched
from netspec.rewrite.splice import Splice, spliced, whole_line
from netspec.rewrite.tree import Rewritten
from netspec.schema.settings import NOWHERE
from netspec.source import Source


def prototxt_text(
    source: Source, tree: Message, edits: Sequence[Edit], rewritten: Rewritten
) -> str:
    """The new text; comments stay where nothing changes.

    A file of an old form, or one that says the net in another way, is printed anew.
    """
    places = [f.span.text for f in tree.fields if f.name == "layer"]
    if set(places) != {"layer"}:
        return print_prototxt(rewritten.tree)
    fields = {f.span: f for f in tree.fields if f.name == "layer"}
    splices: list[Splice] = []
    for edit, made in zip(edits, rewritten.made):
        first, *others = (_range(fields[n.span]) for n in touched(edit) if n.span is not None)
        margin = source.text[source.text.rfind("\n", 0, first[0]) + 1 : first[0]]
        margin = margin if not margin.strip() else ""
        printed = indent(_printed(made), margin).strip()
        if isinstance(edit, Insert):
            splices.append(Splice(first[1], first[1], f"\n{margin}{printed}"))
            continue
        gone = others if made else [first, *others]
        if made:
            splices.append(Splice(*first, printed))
        splices += [Splice(*whole_line(source.text, *each), "") for each in gone]
    fresh = {id(f) for made in rewritten.made for f in made}
    for each in rewritten.tree.fields:
        old = fields.get(each.span)
        if old is not None and old is not each and id(each) not in fresh:
            splices += _values(old, each)
    return spliced(source.text, splices)


def _range(field: Field) -> tuple[int, int]:
    assert isinstance(field.value, Message)
    return field.span.start, field.value.span.end


def _printed(made: Sequence[Field]) -> str:
    """Layers as text; comments before the first stay in the file as they are."""
    bare = [Field(f.name, f.value, f.span, f.before if i else ()) for i, f in enumerate(made)]
    return print_prototxt(Message(bare, NOWHERE))


def _values(old: Field, new: Field) -> Iterator[Splice]:
    """The bottoms and tops of a layer that reads another blob than before."""
    assert isinstance(old.value, Message)
    assert isinstance(new.value, Message)
    for was, now in zip(old.value.fields, new.value.fields):
        if was.value != now.value and isinstance(was.value, Scalar):
            assert isinstance(now.value, Scalar)
            yield Splice(was.value.span.start, was.value.span.end, quote(now.value.text))
