"""Layers as trees: settings read, set and left out, whole layers made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.rewrite.edit import Same, Settings
from netspec.schema.settings import NOWHERE

NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)(e-?\d+)?\Z")
NAME = re.compile(r"true\Z|false\Z|[A-Z][A-Z0-9_]*\Z")


def filler(name: str, type: str) -> Field:
    """`weight_filler { type: "msra" }`."""
    return Field(name, Message([text("type", type)], NOWHERE), NOWHERE)


def scalar(text: str) -> Scalar:
    """A value as prototxt would read it: a number, a name such as MAX or true, or text."""
    kind = Kind.NUMBER if NUMBER.match(text) else Kind.NAME if NAME.match(text) else Kind.STRING
    return Scalar(kind, text, NOWHERE)


def text(name: str, value: str) -> Field:
    """A field that holds text, whatever it looks like: a name, a blob."""
    return Field(name, Scalar(Kind.STRING, value, NOWHERE), NOWHERE)


def layer(
    type: str,
    name: str,
    bottoms: Iterable[str],
    tops: Iterable[str],
    message: str | None = None,
    settings: Mapping[str, str] | None = None,
    inside: Iterable[Field] = (),
    extra: Iterable[Field] = (),
) -> Message:
    """A new layer; `settings`, and the fields `inside`, stand in the message of its type, `extra`
    on the layer itself.
    """
    fields = [text("name", name), text("type", type)]
    fields += [text("bottom", blob) for blob in bottoms]
    fields += [text("top", blob) for blob in tops]
    fields += extra
    given = [*(Field(k, scalar(v), NOWHERE) for k, v in (settings or {}).items()), *inside]
    if given:
        assert message is not None
        fields.append(Field(message, Message(given, NOWHERE), NOWHERE))
    return Message(fields, NOWHERE)


def with_settings(layer: Message, message: str, settings: Settings) -> Message:
    """The layer with settings of its message set, or left out; a new one comes last."""
    found = layer.last(message)
    inner = list(found.value.fields) if found and isinstance(found.value, Message) else []
    for name, given in settings.items():
        value = given.value if isinstance(given, Same) else given
        places = [i for i, each in enumerate(inner) if each.name == name]
        if value is None:
            inner = [each for each in inner if each.name != name]
        elif places:
            set_one = replace(inner[places[0]], value=scalar(value))
            inner = [each for i, each in enumerate(inner) if i not in places[1:]]
            inner[places[0]] = set_one
        else:
            inner.append(Field(name, scalar(value), NOWHERE))
    fields = [each for each in layer.fields if each is not found]
    at = layer.fields.index(found) if found else len(fields)
    if inner:
        whole = Message(inner, found.value.span if found else NOWHERE)
        made = replace(found, value=whole) if found else Field(message, whole, NOWHERE)
        fields.insert(at, made)
    return replace(layer, fields=fields)


def with_params(layer: Message, count: int) -> Message:
    """The layer with its first `count` of `param`."""
    extra = list(layer.each("param"))[count:]
    return replace(layer, fields=[each for each in layer.fields if each not in extra])


def renamed(layer: Message, names: Mapping[str, str], blobs: Mapping[str, str]) -> Message:
    """The layer with its name, bottoms and tops changed where the mappings say so."""
    ways = {"name": names, "bottom": blobs, "top": blobs}
    fields = []
    for each in layer.fields:
        value = each.value
        if each.name in ways and isinstance(value, Scalar) and value.text in ways[each.name]:
            each = replace(each, value=value._replace(text=ways[each.name][value.text]))
        fields.append(each)
    return replace(layer, fields=fields)


def blobs_of(layer: Message, word: str) -> list[str]:
    """The bottoms or the tops that a layer writes."""
    return [f.value.text for f in layer.each(word) if isinstance(f.value, Scalar)]
