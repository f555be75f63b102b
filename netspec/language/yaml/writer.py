"""Nodes to YAML text as a person would write it: on one line where that is short, else on more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.language.yaml.nodes import Core, Item, Leaf, Mapping, Node, Sequence
from netspec.language.yaml.parse import UNPRINTABLE, core_type

WIDTH = 100
PLAIN = re.compile(r"[\w./][\w./+-]*( [\w./+-]+)*\Z")
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
LINE_BREAKS = "\x85\u2028\u2029\ufeff"


def write_yaml(root: Mapping) -> str:
    """The text of a file. Only collections marked `flow` are put on one line, where they fit."""
    return "".join(line.rstrip() + "\n" for line in _mapping(root, 0))


def write_entries(items: list[Item], indent: int) -> str:
    """Entries of a list, each on lines of its own that begin with `-`."""
    node = Sequence(items, items[0].span)
    return "".join(line.rstrip() + "\n" for line in _sequence(node, indent))


def _mapping(node: Mapping, indent: int) -> Iterator[str]:
    pad = " " * indent
    for item in node.items:
        assert item.key is not None
        yield from _comments(item.before, pad)
        yield from _value(f"{pad}{_leaf(item.key)}:", item, indent + 2)
    yield from _comments(node.tail, pad)


def _sequence(node: Sequence, indent: int) -> Iterator[str]:
    pad = " " * indent
    for item in node.items:
        yield from _comments(item.before, pad)
        if isinstance(item.value, Mapping) and len(item.value.items) == 1:
            first, *rest = _mapping(item.value, indent + 2)
            yield f"{pad}- {first[indent + 2 :]}"
            yield from rest
        else:
            yield from _value(f"{pad}-", item, indent + 2)
    yield from _comments(node.tail, pad)


def _value(head: str, item: Item, indent: int) -> Iterator[str]:
    """An entry behind its key or dash: on that line, or on those below it."""
    behind = f"  # {item.after}" if item.after else ""
    line = _flow(item.value)
    if isinstance(item.value, Leaf) or (
        line is not None and len(head) + len(line) + len(behind) < WIDTH
    ):
        yield f"{head} {line}{behind}"
        return
    yield head + behind
    if isinstance(item.value, Mapping):
        yield from _mapping(item.value, indent)
    else:
        yield from _sequence(item.value, indent)


def _flow(node: Node) -> str | None:
    """A node on one line, or None where it has comments or is not to be."""
    if isinstance(node, Leaf):
        return _leaf(node)
    parts = []
    for item in node.items:
        value = _flow(item.value)
        if value is None or item.before or item.after:
            return None
        parts.append(value if item.key is None else f"{_leaf(item.key)}: {value}")
    if node.tail or (parts and not node.flow):
        return None
    text = ", ".join(parts)
    return f"{{{text}}}" if isinstance(node, Mapping) else f"[{text}]"


def _comments(texts: tuple[str, ...], pad: str) -> Iterator[str]:
    for text in texts:
        yield f"{pad}# {text}"


def _leaf(leaf: Leaf) -> str:
    """A scalar, in quotes only where it would be read as something else without them."""
    if leaf.core is not Core.TEXT:
        return leaf.text or "~"
    if not leaf.quoted and PLAIN.match(leaf.text) and core_type(leaf.text) is Core.TEXT:
        return leaf.text
    return '"' + "".join(_escaped(c) for c in leaf.text) + '"'


def _escaped(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    if character in LINE_BREAKS or UNPRINTABLE.match(character):
        return f"\\u{ord(character):04x}"
    return character
