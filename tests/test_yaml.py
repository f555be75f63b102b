"""YAML by the core rules of 1.2: types, refusals, places, comments; in bounded time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from netspec.diagnostics import SpecError
from netspec.language.tree import Kind, Message, Scalar
from netspec.language.yaml.messages import parse_yaml
from netspec.language.yaml.nodes import Mapping, Sequence
from netspec.language.yaml.parse import FAST, MAX_DEPTH, SLOW, read_yaml
from netspec.source import Source


def plain(message: Message) -> list[tuple[str, Any]]:
    """The tree as nested lists; a scalar as its text and the first letters of its kind."""
    return [
        (f.name, plain(f.value) if isinstance(f.value, Message) else show(f.value))
        for f in message.fields
    ]


def show(value: Scalar) -> str:
    return repr(value.text) if value.kind is Kind.WORD else f"{value.text}:{value.kind.name[:2]}"


def faults(text: str, loaders: tuple[Any, ...] = (FAST, SLOW)) -> list[tuple[str, int, int]]:
    """Code, line and column of everything that is wrong with a text."""
    with pytest.raises(SpecError) as caught:
        read_yaml(Source("test.yaml", text), loaders)
    return [(d.code, d.span.line, d.span.column) for d in caught.value.diagnostics if d.span]


SCALARS = [
    ("3", "3:NU"),
    ("-3", "-3:NU"),
    ("+3", "3:NU"),
    ("007", "7:NU"),
    ("0o17", "017:NU"),
    ("0x1F", "0x1F:NU"),
    ("1e-3", "1e-3:NU"),
    ("1.", "1.:NU"),
    (".5", ".5:NU"),
    ("-.5e+3", "-.5e+3:NU"),
    (".inf", "inf:NA"),
    ("-.INF", "-inf:NU"),
    (".nan", "nan:NA"),
    ("true", "true:NA"),
    ("True", "True:NA"),
    ("FALSE", "false:NA"),
    ("yes", "'yes'"),
    ("NO", "'NO'"),
    ("on", "'on'"),
    ("y", "'y'"),
    ("1_000", "'1_000'"),
    ("12:30:00", "'12:30:00'"),
    ("2001-12-14", "'2001-12-14'"),
    ("0b11", "'0b11'"),
    ("0O17", "'0O17'"),
    ("1e", "'1e'"),
    ("1e-3f", "'1e-3f'"),
    ("inf", "'inf'"),
    ("=1 + 2", "'=1 + 2'"),
    ("a b c", "'a b c'"),
    ("'it''s'", '"it\'s"'),
    ('"a\\tb\\u00e9"', "'a\\tbé'"),
    ('"3"', "'3'"),
    ("'true'", "'true'"),
    ('""', "''"),
    ("|\n  two\n  lines\n", "'two\\nlines\\n'"),
    (">-\n  two\n  lines\n", "'two lines'"),
    ("x#y", "'x#y'"),
    ("\U0001f600", "'\U0001f600'"),
]


@pytest.mark.parametrize(("written", "read"), SCALARS)
def test_scalars(written: str, read: str) -> None:
    assert plain(parse_yaml(Source("t.yaml", f"a: {written}"))) == [("a", read)]


TREES = [
    ("a: [1, 2]", [("a", "1:NU"), ("a", "2:NU")]),
    ("a: []\nb: 1", [("b", "1:NU")]),
    ("a:\n- 1\n- x\nb: {}", [("a", "1:NU"), ("a", "'x'"), ("b", [])]),
    ("a:", [("a", [])]),
    ("a: ~", [("a", [])]),
    ("a: {b: {c: 1}, d: [{e: 1}, {e: 2}]}", [
        ("a", [("b", [("c", "1:NU")]), ("d", [("e", "1:NU")]), ("d", [("e", "2:NU")])])
    ]),
    ("net: train.prototxt\nbase_lr: 1e-2\nstepvalue: [1, 2]\nsolver_mode: CPU", [
        ("net", "'train.prototxt'"),
        ("base_lr", "1e-2:NU"),
        ("stepvalue", "1:NU"),
        ("stepvalue", "2:NU"),
        ("solver_mode", "'CPU'"),
    ]),
    ("{a: 1, b: , c: 2}", [("a", "1:NU"), ("b", []), ("c", "2:NU")]),
    ("{a:, b: 2}", [("a", []), ("b", "2:NU")]),
    ("---\na: 1\n...\n", [("a", "1:NU")]),
    ("%YAML 1.2\n---\na: 1", [("a", "1:NU")]),
    ("\ufeffa: 1\r\nb: 2\r\n", [("a", "1:NU"), ("b", "2:NU")]),
    ("? a\n: 1", [("a", "1:NU")]),
    ("a: {b: c:d}", [("a", [("b", "'c:d'")])]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), TREES)
def test_trees(text: str, tree: list[tuple[str, Any]]) -> None:
    assert plain(parse_yaml(Source("t.yaml", text))) == tree


FAULTS = [
    ("a: b: c", [("N130", 1, 5)]),
    ("a: [1, 2", [("N130", 1, 4)]),
    ("a: [1, 2}", [("N130", 1, 9)]),
    ("a: 'open", [("N130", 1, 4)]),
    ("a: 'b' c", [("N130", 1, 8)]),
    ("a: [1, , 2]", [("N130", 1, 8)]),
    ("a:\n  - 1\n - 2", [("N130", 3, 2)]),
    ("a: @x", [("N130", 1, 4)]),
    ("a: {b: res{i}}", [("N130", 1, 11)]),
    ("a: x\x07", [("N130", 1, 5)]),
    ("a:\n\tb: 1", [("N131", 2, 1)]),
    ("a:\n  b: 1\n\tc: 1", [("N131", 3, 1)]),
    ("a: 1\nb: 2\na: 3\nb: 4", [("N132", 3, 1), ("N132", 4, 1)]),
    ("1: a\n'1': b", [("N132", 2, 1)]),
    ("a: &x 1\nb: *x", [("N133", 1, 4), ("N133", 2, 4)]),
    ("a: !!str 3\nb: !x {}", [("N133", 1, 4), ("N133", 2, 4)]),
    ("a: ! x", [("N133", 1, 4)]),
    ("<<: {a: 1}", [("N133", 1, 1)]),
    ("%YAML 1.1\n---\na: 1", [("N133", 1, 1)]),
    ("a: 1\n---\nb: 2", [("N134", 2, 1)]),
    ("a: " + "[" * 200, [("N135", 1, 3 + MAX_DEPTH)]),
    ("a: " + "{b: " * 200, [("N135", 1, 4 + 4 * (MAX_DEPTH - 1))]),
    ("", [("N137", 1, 1)]),
    ("# nothing", [("N137", 1, 1)]),
    ("- a\n- b", [("N137", 1, 1)]),
    ("text", [("N137", 1, 1)]),
    ("'': 1", [("N137", 1, 1)]),
    ("? [a, b]\n: 1\n? {c: d}\n: 2", [("N137", 1, 3), ("N137", 3, 3)]),
    ("a: x\0", [("N113", 1, 5)]),
    ("a: \ud800", [("N115", 1, 4)]),
]


@pytest.mark.parametrize(("text", "found"), FAULTS)
@pytest.mark.parametrize("loaders", [(FAST, SLOW), (SLOW,)], ids=["fast", "slow"])
def test_faults(text: str, found: list[tuple[str, int, int]], loaders: tuple[Any, ...]) -> None:
    assert faults(text, loaders) == found


def test_a_note_shows_where_the_first_is() -> None:
    with pytest.raises(SpecError) as caught:
        read_yaml(Source("t.yaml", "a: 1\nb: 2\na: 3"))
    (fault,) = caught.value.diagnostics
    assert [str(note.span) for note in fault.notes] == ["t.yaml:1:1"]


MESSAGES = [
    ("a: {3x3: 1}", "N137"),
    ("a: [[1]]", "N138"),
    ("a: [1, [2]]", "N138"),
]


@pytest.mark.parametrize(("text", "code"), MESSAGES)
def test_what_no_message_can_hold(text: str, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_yaml(Source("t.yaml", text))
    assert [d.code for d in caught.value.diagnostics] == [code]


COMMENTED = """\
# head

# of the file
name: x  # behind
# before a list
layers:  # on the key
  # before an entry
  - ReLU  # behind a word
  - Convolution:  # behind a type
      # before a setting
      num_output: 3  # behind a setting
      # closing the settings
  # before the next
  - conv: {out: 64,   # in a flow
           kernel: 3} # behind a flow
  - text: "# none"
    more: a#b  # some
  # closing the list
# the end
"""


def test_comments() -> None:
    root = read_yaml(Source("t.yaml", COMMENTED))
    name, layers = root.items
    assert (name.before, name.after) == (("head", "of the file"), "behind")
    assert (layers.before, layers.after) == (("before a list",), "on the key")
    assert root.tail == ("the end",)
    body = layers.value
    assert isinstance(body, Sequence)
    assert body.tail == ("closing the list",)
    relu, convolution, conv, text = body.items
    assert (relu.before, relu.after) == (("before an entry",), "behind a word")
    assert isinstance(convolution.value, Mapping)
    pair = convolution.value.items[0]
    assert pair.after == "behind a type"
    assert isinstance(pair.value, Mapping)
    assert pair.value.tail == ("closing the settings",)
    assert pair.value.items[0].before == ("before a setting",)
    assert pair.value.items[0].after == "behind a setting"
    assert conv.before == ("before the next",)
    assert isinstance(conv.value, Mapping)
    assert conv.value.items[0].after == ""
    settings = conv.value.items[0].value
    assert isinstance(settings, Mapping)
    assert [item.after for item in settings.items] == ["in a flow", "behind a flow"]
    assert isinstance(text.value, Mapping)
    assert [item.after for item in text.value.items] == ["", "some"]


LARGE = {
    "garbage": ("%&*(!@#\n" * 200_000, "N130"),
    "brackets": ("a: " + "[" * 1_000_000, "N135"),
    "dashes": ("- " * 1_000_000, "N135"),
    "values": ("a: [" + "1," * 600_000 + "1]", "N136"),
    "aliases": ("a: &a [x, x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(500)), "N133"),
    "bytes": ("a" * (9 << 20), "N112"),
    "quotes": ("a: '" + "'' " * 1_000_000, "N130"),
    "carriage returns": ("a: [1, # c\r" + "1, # c\r" * 100_000, "N130"),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_files_are_refused_in_bounded_time(name: str) -> None:
    text, code = LARGE[name]
    began = time.process_time()
    assert {c for c, *_ in faults(text)} == {code}
    assert time.process_time() - began < 20


def test_many_comments_take_time_in_proportion() -> None:
    text = "# a\n" * 100_000 + "a: 1\n"
    began = time.process_time()
    root = read_yaml(Source("t.yaml", text))
    assert len(root.items[0].before) == 100_000
    assert time.process_time() - began < 10
