"""Prototxt to a tree and back: what protobuf's text format allows, comments, printing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.language.prototxt.parse import parse
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Field, Kind, Message, Scalar, same
from netspec.source import Source, Span
from tools.bench_parse import net_message, resnet152

text_format = pytest.importorskip("google.protobuf.text_format")


def read(text: str) -> Message:
    return parse(Source("test.prototxt", text))


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


NUMBERS = (
    "0 1 12 1. .5 0.5 1e3 1E-3 1e+3 1.5e-3 .5e2 1f 1.F 1e-3f 0x1F 0XaB 017 00 123456789012345678901"
)


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


PRINTED = """\
# of the net
name: "net"  # behind
input: "caf\\303\\251\\n"
layer {
  name: "conv1"
  type: "Convolution"
  # taught slowly
  param { lr_mult: 0.1 decay_mult: 1 }
  param { lr_mult: 2 decay_mult: 0 }  # bias
  convolution_param {
    num_output: 64
    kernel_size: 3
    weight_filler { type: "xavier" variance_norm: AVERAGE }
    bias_filler {
      type: "constant"
      value: -0.5  # half
    }
    engine: CAFFE
  }
  dropout_param {}
  include { phase: TRAIN stage: "a" stage: "what just finds room on one line!" }
  include {
    phase: TRAIN
    stage: "a"
    stage: "what just finds room on one line!+"
  }
  # the end
}
layer {
  name: "r"
}
# no more
"""


def test_printed_style() -> None:
    assert print_prototxt(read(PRINTED)) == PRINTED.replace("caf\\303\\251\\n", "café\\n")


def test_a_word_is_not_printed() -> None:
    nowhere = Span(Source("t", ""), 0, 0)
    word = Field("pool", Scalar(Kind.WORD, "MAX", nowhere), nowhere)
    with pytest.raises(ValueError, match="MAX"):
        print_prototxt(Message([word], nowhere))


NOWHERE = Span(Source("random", ""), 0, 0)
LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n"), max_size=8)
COMMENTS = LINES.map(lambda text: text.rstrip(" \t\r\f\v"))
NAMES = st.from_regex(re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,8}", re.ASCII), fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.one_of(
    st.builds(lambda text: Scalar(Kind.STRING, text, NOWHERE), TEXTS),
    st.builds(lambda text: Scalar(Kind.NAME, text, NOWHERE), NAMES),
    st.builds(lambda text: Scalar(Kind.NUMBER, text, NOWHERE), st.sampled_from(NUMBERS.split())),
)
TAILS = st.lists(COMMENTS, max_size=2).map(tuple)


def messages(values: st.SearchStrategy[Scalar | Message]) -> st.SearchStrategy[Message]:
    fields = st.builds(Field, NAMES | st.just("layer"), values, st.just(NOWHERE), TAILS, COMMENTS)
    return st.builds(Message, st.lists(fields, max_size=4), st.just(NOWHERE), TAILS)


TREES = st.recursive(messages(SCALARS), lambda inner: messages(SCALARS | inner), max_leaves=12)


def comments(message: Message) -> list[Any]:
    inner = (
        (f.before, f.after, comments(f.value) if isinstance(f.value, Message) else ())
        for f in message.fields
    )
    return [*inner, message.tail]


@given(TREES)
@settings(deadline=None)
def test_a_printed_tree_reads_as_itself(tree: Message) -> None:
    printed = print_prototxt(tree)
    again = read(printed)
    assert same(again, tree)
    assert comments(again) == comments(tree)
    assert print_prototxt(again) == printed


WILD = """\
\tname : 'a' "b" , layer: < dim: [ 1 , - 2 ] [a.b/c] { } p [ { x: MAX } , <> ] ; e: [] q {
r: 1.5e-3f } > t: -inf
"""
GAPS = [found.end() for found in re.finditer(r"'a'|\"b\"|a\.b/c|1\.5e-3f|\w+|[^\w\s]", WILD)]


@given(st.lists(st.sampled_from(GAPS), max_size=12), st.randoms())
@settings(deadline=None)
def test_no_comment_is_lost(gaps: list[int], random: Any) -> None:
    text, expected = WILD, []
    for number, gap in enumerate(sorted(gaps, reverse=True)):
        before, after = random.choice((" ", "\n")), random.choice(("\n", "\r\n", "\n\n"))
        text = f"{text[:gap]}{before}# c{number} {after}{text[gap:]}"
        expected.append(f"c{number}")
    tree = read(text)
    assert same(tree, read(WILD))
    assert sorted(re.findall(r"c\d+", str(comments(tree)))) == sorted(expected)
    assert sorted(re.findall(r"# (c\d+)\n", print_prototxt(tree))) == sorted(expected)
