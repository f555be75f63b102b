"""YAML specs expanded: chains, blocks, loops, branches, rules; and what their places are."""

from __future__ import annotations

import pytest
from block_text import CONV, DATA, INPUT, expand, inside, lines
from expanded_blocks import BLOCKS
from expanded_chains import CHAINS

from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Message
from netspec.language.yaml.words import resolve_net
from netspec.layers import FACTS

EXPANDED = CHAINS | BLOCKS


@pytest.mark.parametrize("case", EXPANDED)
def test_expands(case: str) -> None:
    text, expected = EXPANDED[case]
    assert lines(expand(DATA + text)) == [INPUT, *expected]


def test_the_first_input_begins_the_chain() -> None:
    net = expand("inputs: {a: [1, 2], b: '=[3]', c: []}\nlayers: [ReLU]")
    assert lines(net) == [
        "a = Input() input_param { shape { dim: 1 dim: 2 } }",
        "b = Input() input_param { shape { dim: 3 } }",
        "c = Input() input_param { shape {  } }",
        "relu = ReLU(a)",
    ]


def test_fields_of_the_net_itself() -> None:
    net = expand('name: ="n" + str(1)\nforce_backward: true\nstate: {phase: TEST}\nlayers: []')
    assert inside(net) == "name: n1 force_backward: true state { phase: TEST }"


def test_words_become_text_or_names() -> None:
    text = """\
name: MAX
state: {phase: TEST, stage: DEPLOY}
layers:
  - Pooling: {pool: MAX, global_pooling: true, include: {phase: TRAIN, stage: TRAIN}}
  - Convolution: {top: MAX, weight_filler: {type: FAN_IN, variance_norm: FAN_IN}, engine: CAFFE}
  - Data: {backend: LMDB, source: LMDB, transform_param: {mean_file: NONE}}
  - ReLU: {param: {name: SHARED, share_mode: STRICT}, odd_param: {a: NONE, b: None, c: "NO"}}
"""
    text = text.replace("include:", "top: p, include:")
    printed = print_prototxt(resolve_net(expand(text), FACTS))
    quoted = {"MAX", "DEPLOY", "TRAIN", "FAN_IN", "LMDB", "NONE", "SHARED", "None", "NO"}
    for word in quoted:
        assert f'"{word}"' in printed
    for name in ("pool: MAX", "phase: TEST", "phase: TRAIN", "variance_norm: FAN_IN", "a: NONE"):
        assert name in printed
    for name in ("engine: CAFFE", "backend: LMDB", "share_mode: STRICT", "global_pooling: true"):
        assert name in printed


def test_layers_know_the_block_that_they_stand_in() -> None:
    text = CONV + "layers: [ReLU, Concat: {name: mix, of: {a: [conv: {name: c, out: 3}]}}]"
    blocks = [f.value.block for f in expand(text).each("layer") if isinstance(f.value, Message)]
    assert blocks == [(), ("mix", "a", "c"), ("mix", "a", "c"), ("mix", "a", "c"), ()]


def test_values_point_at_what_made_them() -> None:
    net = expand(CONV + "layers: [conv: {name: c, out: 3}]")
    layer = next(net.each("layer")).value
    assert isinstance(layer, Message)
    convolution = layer.last("convolution_param")
    assert convolution is not None
    assert isinstance(convolution.value, Message)
    out = convolution.value.fields[0].value
    assert out.span.text == "=out"
    assert out.span.via is not None
    assert str(out.span.via) == "net.yaml:8:10"


def test_comments_come_along() -> None:
    text = """\
# head
name: net  # behind the name
# inputs
inputs:
  data: [1, 3]  # a blob
layers:
  # before conv1
  - conv: {name: conv1, out: 3}  # behind conv1
  - InnerProduct:  # behind fc
      # before out
      num_output: 3  # behind out
      name: fc  # behind its name
      # the end of fc
# the end
"""
    printed = print_prototxt(
        resolve_net(expand(CONV.replace("- ReLU", "- ReLU  # no") + text), FACTS)
    )
    comments = [part.strip() for line in printed.splitlines() for part in line.split("#")[1:]]
    assert comments == [
        "head",
        "behind the name",
        "inputs",
        "a blob",
        "before conv1",
        "conv1",
        "behind conv1",
        "behind its name",
        "before out",
        "behind out",
        "the end of fc",
        "behind fc",
        "the end",
    ]
