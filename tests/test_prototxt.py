"""Prototxt to a tree: what protobuf's text format allows, places, comments."""

from __future__ import annotations

from typing import Any

import pytest
from prototxt_text import NUMBERS, read

from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Kind, Message, Scalar
from tools.bench_parse import net_message, resnet152

text_format = pytest.importorskip("google.protobuf.text_format")


def plain(message: Message) -> list[tuple[str, Any]]:
    """The tree as nested lists; a scalar as it is printed, so that "1" and 1 differ."""
    return [
        (f.name, plain(f.value) if isinstance(f.value, Message) else show(f.value))
        for f in message.fields
    ]


def show(value: Scalar) -> str:
    return repr(value.text) if value.kind is Kind.STRING else f"{value.text}:{value.kind.name[:2]}"


ONE_TO_THREE = [("a", "1:NU"), ("a", "2:NU"), ("a", "3:NU")]
ACCEPTED = [
    ("", []),
    ("# only a comment", []),
    ("a: 1", [("a", "1:NU")]),
    ("a:1", [("a", "1:NU")]),
    ("a :\n\n 1", [("a", "1:NU")]),
    ("\ufeffa: 1", [("a", "1:NU")]),
    ("a: 1\r\nb:\t2\r\n", [("a", "1:NU"), ("b", "2:NU")]),
    ("a: 1\v\fb: 2", [("a", "1:NU"), ("b", "2:NU")]),
    ("a: 1 b: 2", [("a", "1:NU"), ("b", "2:NU")]),
    ("a: 1, b: 2; c: 3", [("a", "1:NU"), ("b", "2:NU"), ("c", "3:NU")]),
    ("a { b: 1 }", [("a", [("b", "1:NU")])]),
    ("a: { b: 1 }", [("a", [("b", "1:NU")])]),
    ("a < b: 1 >", [("a", [("b", "1:NU")])]),
    ("a: < b { } >,", [("a", [("b", [])])]),
    ("a{b{c:1}}", [("a", [("b", [("c", "1:NU")])])]),
    ("a: [1, 2, 3]", ONE_TO_THREE),
    ("a: [ # list\n  1,\n  2\n  , 3\n];", ONE_TO_THREE),
    ("a: []", []),
    ("a []", []),
    ("a: [x] b: y", [("a", "x:NA"), ("b", "y:NA")]),
    ('a: ["x" "y", \'z\']', [("a", "'xy'"), ("a", "'z'")]),
    ("a [{ b: 1 }, <>]", [("a", [("b", "1:NU")]), ("a", [])]),
    (
        "a: [\n  { b: 1 }, { b: 2 }\n]\nc: 3",
        [("a", [("b", "1:NU")]), ("a", [("b", "2:NU")]), ("c", "3:NU")],
    ),
    ("a: -1", [("a", "-1:NU")]),
    ("a: - # minus\n 1", [("a", "-1:NU")]),
    ("a: -inf b: - nan c: -Infinity", [("a", "-inf:NU"), ("b", "-nan:NU"), ("c", "-Infinity:NU")]),
    (
        "a: inf b: nan c: MAX d: true",
        [("a", "inf:NA"), ("b", "nan:NA"), ("c", "MAX:NA"), ("d", "true:NA")],
    ),
    ("[a.b.c]: 1", [("[a.b.c]", "1:NU")]),
    ("[ a . b ] { c: 1 }", [("[a.b]", [("c", "1:NU")])]),
    ("x: MAX [a]: 1", [("x", "MAX:NA"), ("[a]", "1:NU")]),
    ("[type.my-host.com/a.B] <>", [("[type.my-host.com/a.B]", [])]),
    ('a: "x"\n  # between\n  \'y\' "z"', [("a", "'xyz'")]),
    ("a: \"it's\" b: '\"'", [("a", '"it\'s"'), ("b", "'\"'")]),
    ('a: "# {no} [comment]"', [("a", "'# {no} [comment]'")]),
    ("true: 1 inf: 2 nan: 3", [("true", "1:NU"), ("inf", "2:NU"), ("nan", "3:NU")]),
]


@pytest.mark.parametrize(("text", "tree"), ACCEPTED)
def test_accepted(text: str, tree: list[tuple[str, Any]]) -> None:
    assert plain(read(text)) == tree


@pytest.mark.parametrize("number", NUMBERS.split())
def test_numbers_keep_their_spelling(number: str) -> None:
    assert plain(read(f"a: {number} b: -{number}")) == [
        ("a", f"{number}:NU"),
        ("b", f"-{number}:NU"),
    ]


ESCAPES = [
    (r"\a\b\f\n\r\t\v\\\'\"\?", "\a\b\f\n\r\t\v\\'\"?"),
    (r"\1\12\1234\0", "\1\nS4\0"),
    (r"\x41\x4g", "A\x04g"),
    (r"\303\251 \xC3\xa9 \u00e9 \U000000e9 é", "é é é é é"),
    (r"\U0001F600 \ud83d\ude00 \360\237\230\200 😀", "😀 😀 😀 😀"),
    (r'\303" "\251', "é"),
    (r"\U0010FFFF\uFFFF", "\U0010ffff\uffff"),
    (r"\\n\\", "\\n\\"),
    ("\t\x01\x7f", "\t\x01\x7f"),
]


@pytest.mark.parametrize(("written", "text"), ESCAPES)
def test_escapes(written: str, text: str) -> None:
    assert read(f'a: "{written}"').text("a") == text


def test_spans() -> None:
    root = read('name: "n" "m"\nlayer {\n  dim: [1, - 2]\n  [a. b]: X\n}  # end\n')
    name, layer = root.fields
    assert isinstance(layer.value, Message)
    one, two, extension = layer.value.fields
    spans = [f.span.text for f in (name, layer, one, two, extension)]
    assert spans == ["name", "layer", "dim", "dim", "[a. b]"]
    assert [f.value.span.text for f in (name, one, two, extension)] == ['"n" "m"', "1", "- 2", "X"]
    assert layer.value.span.text == "{\n  dim: [1, - 2]\n  [a. b]: X\n}"
    assert (two.value.span.line, two.value.span.column) == (3, 12)
    assert root.span.text == root.span.source.text


def test_resnet152_holds_what_protobuf_reads() -> None:
    text = resnet152()
    expected = text_format.MessageToString(text_format.Parse(text, net_message()()))
    ours = print_prototxt(read(text))
    assert text_format.MessageToString(text_format.Parse(ours, net_message()())) == expected


COMMENTED = """\
# file
#  two
name: "net"  # the name
layer {  # first
  # of layer
  dim: [1,  # one
    # before two
    2]  # two
  dim: [3
  ]  # three
  text: "a"  # inside
    "b";  # outside
  relu { a: 1 }  # relu
  #

  # tail
}  # end
layer: {
  # nothing else
}
dim: []  # of none
# last"""


def test_comments_stand_at_their_fields() -> None:
    root = read(COMMENTED)
    name, layer, empty = root.fields
    assert (name.before, name.after) == (("file", " two"), "the name")
    assert (layer.before, layer.after) == ((), "end")
    assert isinstance(layer.value, Message)
    assert [(f.name, f.before, f.after) for f in layer.value.fields] == [
        ("dim", ("first", "of layer"), "one"),
        ("dim", ("before two",), "two"),
        ("dim", (), "three"),
        ("text", ("inside",), "outside"),
        ("relu", (), "relu"),
    ]
    assert layer.value.tail == ("", "tail")
    assert isinstance(empty.value, Message)
    assert empty.value.tail == ("nothing else",)
    assert root.tail == ("of none", "last")
