"""Edits on the tree of a spec: what the rewritten net is, whatever its file will look like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.graph import Node
from netspec.language.tree import Field, Message, Scalar
from netspec.rewrite.edit import Edit, Fresh, Insert, Replace, Vary, touched
from netspec.rewrite.fields import blobs_of, layer, renamed, with_params, with_settings
from netspec.schema.settings import NOWHERE


@dataclass(frozen=True)
class Rewritten:
    """The new tree. `made` are the layers that came with each edit, in the edits' order."""

    tree: Message
    made: tuple[tuple[Field, ...], ...]


def apply(tree: Message, edits: Sequence[Edit], messages: Mapping[str, str]) -> Rewritten:
    """The tree with all edits made; none touches a layer of another's.

    `messages` names the message that holds a layer type's settings.
    """
    fields, made = list(tree.fields), []
    seen: set[int] = set()
    taken = {f.value.text("name") for f in fields if isinstance(f.value, Message)}
    for edit in edits:
        places = [_place(fields, node) for node in touched(edit)]
        assert seen.isdisjoint(id(fields[i]) for i in places), "two edits touch one layer"
        old = [fields[i] for i in places]
        new, reads = _new(edit, old, messages, taken)
        keeps = isinstance(edit, Insert)
        start = places[0] + (1 if keeps else 0)
        gone = set() if keeps else set(places)
        before = [f for i, f in enumerate(fields[:start]) if i not in gone]
        later = [_reading(f, reads) for i, f in enumerate(fields) if i >= start and i not in gone]
        new = [replace(field, span=old[0].span) for field in new]  # where the file has the layer
        if new and not keeps:
            new[0] = replace(new[0], before=old[0].before)
        fields = [*before, *new, *later]
        seen.update(map(id, new))
        made.append(tuple(new))
    return Rewritten(replace(tree, fields=fields), tuple(made))


def _place(fields: Sequence[Field], node: Node) -> int:
    """Where a node's layer stands."""
    for i, field in enumerate(fields):
        layer = field.value
        if field.span == node.span and isinstance(layer, Message):  # a loop's have one place
            if layer.text("name") != node.name:
                continue
            return i
    raise KeyError(node.name)


def _new(
    edit: Edit, old: Sequence[Field], messages: Mapping[str, str], taken: set[str]
) -> tuple[list[Field], Mapping[str, str]]:
    """The layers that an edit makes, and the blobs that what follows reads in others' place."""
    match edit:
        case Replace():
            return [Field("layer", each, NOWHERE) for each in edit.made], edit.reads
        case Insert():
            return _inserted(edit, old[0], messages), {}
        case Vary():
            return _varied(edit, old, messages, taken)


def _inserted(edit: Insert, behind: Field, messages: Mapping[str, str]) -> list[Field]:
    assert isinstance(behind.value, Message)
    top = blobs_of(behind.value, "top")[0]
    rules = [f for f in behind.value.fields if f.name in ("include", "exclude")]
    made = []
    for each in edit.layers:
        if isinstance(each, Fresh):
            name = behind.value.text("name") + each.suffix
            message = messages.get(each.type)
            each = layer(each.type, name, [top], [top], message, each.settings, extra=rules)
        made.append(Field("layer", each, NOWHERE))
    return made


def _varied(
    edit: Vary, old: Sequence[Field], messages: Mapping[str, str], taken: set[str]
) -> tuple[list[Field], Mapping[str, str]]:
    layers = [f.value for f in old if isinstance(f.value, Message)]
    reads, makes = blobs_of(layers[0], "bottom")[:1], blobs_of(layers[-1], "top")[:1]
    if not edit.variations:
        return [], dict(zip(makes, reads))
    made: list[Field] = []
    entering = reads
    for variation in edit.variations:
        tops = [blob for each in layers for blob in blobs_of(each, "top")]
        suffix = _free(variation.suffix, [each.text("name") for each in layers] + tops, taken)
        names = {each.text("name"): each.text("name") + suffix for each in layers}
        blobs = {blob: blob + suffix for blob in tops}
        for i, (node, each) in enumerate(zip(edit.unit, layers)):
            copy = renamed(each, names, blobs)
            if i == 0:
                copy = _entering(copy, entering)
            settings = variation.settings.get(node.name)
            if settings:
                copy = with_settings(copy, messages[node.type], settings)
            if (count := variation.params.get(node.name)) is not None:
                copy = with_params(copy, count)
            made.append(Field("layer", copy, NOWHERE))
        entering = [blobs[blob] for blob in makes]
    return made, {}


def _free(suffix: str, names: Sequence[str], taken: set[str]) -> str:
    """The suffix, or one like it with which no name is taken; a name that is kept is no new one."""
    found, count = suffix, 1
    while suffix and any(name + found in taken for name in names):
        count += 1
        found = f"{suffix}_{count}"
    taken.update(name + found for name in names)
    return found


def _entering(layer: Message, blobs: Iterable[str]) -> Message:
    """The layer with other first bottoms."""
    given = iter(blobs)
    fields = []
    for each in layer.fields:
        if each.name == "bottom" and isinstance(each.value, Scalar):
            blob = next(given, each.value.text)
            each = replace(each, value=each.value._replace(text=blob))
        fields.append(each)
    return replace(layer, fields=fields)


def _reading(field: Field, reads: Mapping[str, str]) -> Field:
    """A later layer, with the blobs that it reads changed; where it works in place, its top too."""
    layer = field.value
    if not reads or field.name != "layer" or not isinstance(layer, Message):
        return field
    if not set(blobs_of(layer, "bottom")) & set(reads):
        return field
    kept = set(blobs_of(layer, "top")) - set(blobs_of(layer, "bottom"))
    return replace(
        field, value=renamed(layer, {}, {k: v for k, v in reads.items() if k not in kept})
    )
