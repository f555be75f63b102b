"""The WORDs of a tree that was read from YAML, turned into what prototxt writes: text or names.

A YAML string says only what it says; whether it is text ("xavier") or a name (MAX), the setting
that takes it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from netspec.language.facts import Facts, LayerFacts
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.yaml.messages import infinite

KindOf = Callable[[tuple[str, ...]], Kind | None]

RULE = {"phase": Kind.NAME, "stage": Kind.STRING, "not_stage": Kind.STRING}
HEAD: dict[tuple[str, ...], Kind] = {
    ("name",): Kind.STRING,
    ("input",): Kind.STRING,
    **{("state", name): kind for name, kind in RULE.items()},
}
COMMON: dict[tuple[str, ...], Kind] = {
    **{(name,): Kind.STRING for name in ("name", "type", "bottom", "top")},
    ("phase",): Kind.NAME,
    ("propagate_down",): Kind.NAME,
    ("param", "name"): Kind.STRING,
    ("param", "share_mode"): Kind.NAME,
    **{(rule, name): kind for rule in ("include", "exclude") for name, kind in RULE.items()},
}
CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*\Z")
INFINITE = re.compile(r"inf|infinity|nan", re.IGNORECASE)


def resolve_net(net: Message, facts: Facts) -> Message:
    """A net in which no scalar is a WORD, ready to be printed as prototxt."""
    head = resolve_words(net, head_kind)
    for written, resolved in zip(net.fields, head.fields):
        if written.name == "layer" and isinstance(written.value, Message):
            kinds = layer_kinds(facts.get(written.value.text("type")))
            resolved.value = resolve_words(written.value, kinds)
    return head


def resolve_words(message: Message, kind_of: KindOf, path: tuple[str, ...] = ()) -> Message:
    """A message in which no scalar is a WORD; `kind_of` knows the kind at a path of field names."""
    fields = []
    for each in message.fields:
        here = (*path, each.name)
        if isinstance(each.value, Message):
            value: Scalar | Message = resolve_words(each.value, kind_of, here)
        else:
            value = resolve(each.value, kind_of(here))
        fields.append(Field(each.name, value, each.span, each.before, each.after))
    return Message(fields, message.span, message.tail, message.block)


def resolve(scalar: Scalar, expected: Kind | None) -> Scalar:
    """A WORD as what is expected. Where nothing is known, capitals without quotes are a name."""
    if scalar.kind is not Kind.WORD:
        return scalar
    if expected is Kind.NUMBER and INFINITE.fullmatch(scalar.text):
        return infinite(scalar.text, scalar.span)
    if expected is None and not scalar.span.text.startswith(("'", '"')):
        expected = Kind.NAME if CAPITALS.match(scalar.text) else Kind.STRING
    is_name = expected is Kind.NAME and scalar.text.isidentifier() and scalar.text.isascii()
    return scalar._replace(kind=Kind.NAME if is_name else Kind.STRING)


def head_kind(path: tuple[str, ...]) -> Kind | None:
    """The kind at a path of the net's own fields."""
    return HEAD.get(path)


def layer_kinds(facts: LayerFacts | None) -> KindOf:
    """The kind at a path inside a layer of a type; None stands for a type that is not known."""

    def kind_of(path: tuple[str, ...]) -> Kind | None:
        if path in COMMON or facts is None:
            return COMMON.get(path)
        return facts.kind_of(path[1:] if path[0] == facts.message else path)

    return kind_of
