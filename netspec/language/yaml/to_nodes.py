"""Fields to nodes, the inverse of messages.py: a repeated field becomes a list."""

from __future__ import annotations

import re

from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.yaml.nodes import Core, Item, Leaf, Mapping, Node, Sequence
from netspec.language.yaml.parse import core_type
from netspec.language.yaml.words import CAPITALS, INFINITE, KindOf, resolve
from netspec.source import Span

OCTAL = re.compile(r"(-?)0([0-7]+)\Z")
SIGNED_HEX = re.compile(r"-0[xX][0-9a-fA-F]+\Z")


def to_items(
    fields: list[Field], kind_of: KindOf, path: tuple[str, ...] = (), computed: bool = True
) -> list[Item]:
    """The entries of a mapping that say the same; every name is there once, where it came first.

    `computed` says that the text is for a spec, where `=` and braces have to be escaped.
    """
    by_name: dict[str, list[Field]] = {}
    for each in fields:
        by_name.setdefault(each.name, []).append(each)
    return [_item(found, kind_of, (*path, name), computed) for name, found in by_name.items()]


def key(name: str, span: Span) -> Leaf:
    return Leaf(Core.TEXT, name, span)


def _item(found: list[Field], kind_of: KindOf, path: tuple[str, ...], computed: bool) -> Item:
    values = [Item(_node(f.value, kind_of, path, computed), None, f.before, f.after) for f in found]
    name = key(path[-1], found[0].span)
    if len(values) == 1:
        return Item(values[0].value, name, values[0].before, values[0].after)
    before, values[0].before = values[0].before, ()
    return Item(Sequence(values, found[0].span, flow=True), name, before)


def _node(value: Scalar | Message, kind_of: KindOf, path: tuple[str, ...], computed: bool) -> Node:
    if isinstance(value, Message):
        items = to_items(value.fields, kind_of, path, computed)
        return Mapping(items, span=value.span, flow=True, tail=value.tail)
    return _leaf(value, kind_of(path), computed)


def _leaf(scalar: Scalar, expected: Kind | None, computed: bool) -> Leaf:
    scalar = resolve(scalar, expected)
    text, span = scalar.text, scalar.span
    if scalar.kind is Kind.NUMBER or (scalar.kind is Kind.NAME and INFINITE.fullmatch(text)):
        return Leaf(Core.FLOAT, number(text), span)
    if scalar.kind is Kind.NAME and core_type(text) is Core.BOOL:
        return Leaf(Core.BOOL, text, span)
    if computed:
        text = text.replace("{", "{{").replace("}", "}}")
        text = f"={text}" if text.startswith("=") else text
    bare = expected is not None or scalar.kind is Kind.NAME or not CAPITALS.match(text)
    return Leaf(Core.TEXT, text, span, quoted=not bare)


def number(literal: str) -> str:
    """A number of prototxt in YAML's spelling: 017 is 0o17, inf is .inf, 1e-3f is 1e-3."""
    text = literal.lower()
    if INFINITE.fullmatch(text.removeprefix("-")):
        sign = "-" if text.startswith("-") else ""
        return ".nan" if text.endswith("nan") else f"{sign}.inf"
    if SIGNED_HEX.match(text):
        return str(int(text, 16))
    if text.startswith("0x"):
        return text
    if octal := OCTAL.match(text):
        return str(-int(octal[2], 8)) if octal[1] else f"0o{octal[2]}"
    return text.removesuffix("f")
