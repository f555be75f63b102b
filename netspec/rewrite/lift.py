"""Edits made where a YAML spec writes the layers: in a block, or where the block is used.

A layer of a YAML spec has a chain of entries: the one that names its type, the use of the block
that this stands in, the use of the block around that. An edit is lifted to an entry that stands for
exactly the layers of the edit, if everything else that the entry stands for is edited alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netspec.graph import Node
from netspec.language.tree import Field, Message, Scalar
from netspec.language.yaml.nodes import Sequence as Items
from netspec.rewrite.edit import Edit, Fresh, Insert, Replace, Same, Variation, Vary, touched
from netspec.rewrite.entry import Entry, end_of
from netspec.rewrite.splice import Splice, whole_line
from netspec.source import Source, Span


class CannotLift(Exception):
    """The edits cannot be made where the layers are written."""


@dataclass(frozen=True)
class Written:
    """The layers of a tree, and which of them each entry stands for."""

    tree: Message
    source: Source
    entries: Mapping[int, Entry]

    def layers(self) -> Iterator[Field]:
        return (f for f in self.tree.fields if f.name == "layer")

    def field(self, node: Node) -> Field:
        return next(
            f
            for f in self.layers()
            if f.span == node.span
            and isinstance(f.value, Message)
            and f.value.text("name") == node.name
        )

    def under(self, span: Span) -> set[int]:
        """The layers that one use of an entry stands for."""
        return {id(f) for f in self.layers() if span in f.span.outwards()}

    def at(self, start: int) -> set[int]:
        """The layers that an entry stands for in all its uses."""
        return {
            id(f)
            for f in self.layers()
            if any(s.source is self.source and s.start == start for s in f.span.outwards())
        }


def lifted(written: Written, edits: Sequence[Edit]) -> list[Splice]:
    """The splices that make all the edits; raises CannotLift where there are none."""
    places: dict[int, list[Edit]] = defaultdict(list)
    for edit in edits:
        places[_place(written, edit).start].append(edit)
    gone = {id(f) for edit in edits for f in _gone(written, edit)}
    splices: list[Splice] = []
    for start, here in places.items():
        edited = {id(written.field(n)) for edit in here for n in touched(edit)}
        if not written.at(start) <= edited | gone or start not in written.entries:
            raise CannotLift
        texts = {_text(written, written.entries[start], edit) for edit in here}
        if len(texts) != 1:
            raise CannotLift
        splices.append(texts.pop())
    return splices


def _gone(written: Written, edit: Edit) -> Iterator[Field]:
    """The layers that an edit takes away, whatever else becomes of their text."""
    if isinstance(edit, Vary) and not edit.variations:
        yield from map(written.field, edit.unit)


def _place(written: Written, edit: Edit) -> Span:
    """The innermost entry that stands for exactly the layers of an edit."""
    if isinstance(edit, Replace):
        raise CannotLift
    unit = {id(written.field(node)) for node in touched(edit)}
    first = touched(edit)[0]
    for span in first.span.outwards() if first.span else ():
        if span.source is written.source and written.under(span) == unit:
            return span
    raise CannotLift


def _text(written: Written, entry: Entry, edit: Edit) -> Splice:
    match edit:
        case Insert():
            added = "".join(entry.margin + _entry(fresh) for fresh in edit.layers)
            return Splice(entry.end, entry.end, added)
        case Vary(variations=()):
            if entry.flow:
                raise CannotLift
            dash = entry.text.rfind("-", 0, entry.start)
            return Splice(*whole_line(entry.text, dash, entry.end), "")
        case Vary():
            copies = (entry.varied(_settings(written, entry, edit, v)) for v in edit.variations)
            return Splice(entry.start, entry.end, entry.margin.join(copies))
    raise CannotLift


def _entry(fresh: Fresh | Message) -> str:
    if isinstance(fresh, Message):
        raise CannotLift
    settings = ", ".join(f"{k}: {v}" for k, v in fresh.settings.items())
    return f"{fresh.type}: {{{settings}}}" if settings else fresh.type


def _settings(
    written: Written, entry: Entry, edit: Vary, variation: Variation
) -> dict[str, str | None]:
    """What a copy of the entry says otherwise: its name, and settings, or the block's parameters
    that they come from.
    """
    changed: dict[str, str | None] = {}
    if variation.suffix:
        changed["name"] = _name(entry) + variation.suffix
    for node in edit.unit:
        field = written.field(node)
        for name, given in variation.settings.get(node.name, {}).items():
            value = _same(written, entry, given) if isinstance(given, Same) else given
            if field.span.start == entry.start:
                changed[name] = value
            elif (parameter := _parameter(field, name)) is not None:
                changed[parameter] = value
        if (count := variation.params.get(node.name)) is not None:
            changed["param"] = _params(entry, field, count)
    return changed


def _same(written: Written, entry: Entry, same: Same) -> str:
    """The text of another layer's setting, where that stands in the same list as the entry."""
    field = written.field(same.layer)
    for span in field.span.outwards():
        other = written.entries.get(span.start) if span.source is written.source else None
        if other is None or not _side_by_side(other, entry) or other.settings is None:
            continue
        own = span.start == field.span.start
        name = same.setting if own else _parameter(field, same.setting)
        item = other.settings.get(name) if name is not None else None
        if item is not None:
            return item.value.span.text
    return same.value


def _side_by_side(one: Entry, other: Entry) -> bool:
    """Whether two entries stand in one list."""
    return one.around is other.around


def _params(entry: Entry, field: Field, count: int) -> str | None:
    """What is left of an entry's `param`, of which the first alone can be kept."""
    item = entry.settings.get("param") if entry.settings is not None else None
    if item is None or count == 0:
        return None
    if isinstance(item.value, Items) and item.value.items:
        first = item.value.items[0].value
        return entry.text[first.span.start : end_of(first)]
    assert isinstance(field.value, Message)
    spec = next(field.value.each("param")).value
    inner = spec.fields if isinstance(spec, Message) else []
    told = [f"{f.name}: {f.value.text}" for f in inner if isinstance(f.value, Scalar)]
    if len(told) < len(inner):
        raise CannotLift
    return f"{{{', '.join(told)}}}"


def _name(entry: Entry) -> str:
    own = entry.settings.get("name") if entry.settings is not None else None
    if own is None:
        return entry.key.text.lower()
    name = own.value.span.text.strip("\"'")
    if "{" in name or name.startswith((".", "=")):
        raise CannotLift
    return name


def _parameter(field: Field, name: str) -> str | None:
    """The parameter that a setting in a block is: `kernel` for `kernel_size: =kernel`."""
    assert isinstance(field.value, Message)
    for message in field.value.fields:
        if isinstance(message.value, Message) and (found := message.value.last(name)) is not None:
            text = found.value.span.text if isinstance(found.value, Scalar) else ""
            if text.startswith("=") and text[1:].isidentifier():
                return text[1:]
    return None
