"""A tree printed as prototxt: its style, and that it reads back as itself, comments included."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prototxt_text import NUMBERS, read

from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Field, Kind, Message, Scalar, same
from netspec.source import Source, Span

text_format = pytest.importorskip("google.protobuf.text_format")


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
