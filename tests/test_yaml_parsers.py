"""The two parsers of YAML read the same of any text, with the same places."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from netspec.diagnostics import SpecError
from netspec.language.yaml.nodes import Item, Leaf, Node
from netspec.language.yaml.parse import FAST, SLOW, read_yaml
from netspec.source import Source


def nodes(node: Node) -> Any:
    """A node as plain data, with its place, type and comments."""
    if isinstance(node, Leaf):
        return node.core.name, node.text, node.span[1:3], node.quoted
    return type(node).__name__, node.span[1:3], node.flow, node.tail, [entry(i) for i in node.items]


def entry(item: Item) -> Any:
    return item.key and nodes(item.key), nodes(item.value), item.before, item.after


def outcome(text: str, loaders: tuple[Any, ...]) -> Any:
    try:
        return nodes(read_yaml(Source("t.yaml", text), loaders))
    except SpecError as error:
        return [(d.code, d.message, d.span and d.span[1:3], d.help) for d in error.diagnostics]


PIECES = ["a: ", "b", ":", "- ", "\n", "\n  ", " ", "{", "}", "[", "]", ",", "#", " # c", "'", '"']
PIECES += ["|", "\n\t", "&x ", "*x", "!t", "=a", "\\", "~", "1.5", "é", "\U0001f600", "? ", "---"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@settings(deadline=None, max_examples=300)
@given(TEXTS)
@example("\ufeffa: [b, # c\n 1]\n")
@example("{a:, b: 1}")
def test_both_parsers_read_the_same(text: str) -> None:
    fast, slow = outcome(text, (FAST, SLOW)), outcome(text, (SLOW,))
    if fast != slow:  # libyaml reads a little more than PyYAML; never anything else
        assert isinstance(slow, list), (fast, slow)
        assert any(code in ("N130", "N131") for code, *_ in slow)


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_leaves_point_at_what_they_were_read_from(text: str) -> None:
    try:
        root = read_yaml(Source("t.yaml", text))
    except SpecError:
        return
    todo: list[Node] = [root]
    while todo:
        node = todo.pop()
        if not isinstance(node, Leaf):
            todo += [i.value for i in node.items] + [i.key for i in node.items if i.key]
        elif not node.quoted and "\n" not in node.span.text:
            assert node.span.text == node.text
