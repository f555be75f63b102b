"""Prototxt to YAML and back: equal layers, kept comments, the text that a person would write."""

from __future__ import annotations

from pathlib import Path

import pytest
from canonical import COMMON, canonical, yaml

from netspec.diagnostics import SpecError
from netspec.language.prototxt.parse import parse
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Kind, Message
from netspec.language.yaml.messages import parse_yaml
from netspec.language.yaml.to_yaml import settings_to_yaml, to_yaml
from netspec.language.yaml.words import resolve_words
from netspec.layers import FACTS
from netspec.source import Source

SPECS = Path(__file__).parent.parent / "specs"


def prototxt(text: str) -> Message:
    return parse(Source("net.prototxt", text))


def comments(message: Message) -> list[str]:
    found = []
    for f in message.fields:
        inside = comments(f.value) if isinstance(f.value, Message) else []
        found += [*f.before, *inside, *([f.after] if f.after else [])]
    return [*found, *message.tail]


WRITTEN = {
    "what follows is left out": (
        """\
name: "LeNet"
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 64 dim: 1 dim: 28 dim: 28 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        param { lr_mult: 1 } param { lr_mult: 2 }
        convolution_param { num_output: 20 kernel_size: 5 stride: 1
          weight_filler { type: "xavier" } bias_filler { type: "constant" } } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "pool1" top: "pool1" }
layer { name: "sum" type: "Eltwise" bottom: "pool1" bottom: "conv1" top: "sum" }
layer { name: "none" type: "Silence" bottom: "sum" }
layer { name: "prob" type: "Softmax" bottom: "sum" top: "prob" include { phase: TEST } }
""",
        """\
name: LeNet
inputs: {data: [64, 1, 28, 28]}
layers:
  - Convolution:
      name: conv1
      num_output: 20
      kernel_size: 5
      stride: 1
      weight_filler: {type: xavier}
      bias_filler: {type: constant}
      param: [{lr_mult: 1}, {lr_mult: 2}]
  - Pooling: {name: pool1, pool: MAX, kernel_size: 2, stride: 2}
  - ReLU: {name: relu1, top: pool1}
  - Eltwise: {name: sum, bottom: [pool1, conv1]}
  - Silence: {name: none}
  - Softmax: {name: prob, top: prob, include: {phase: TEST}}
""",
    ),
    "comments": (
        """\
# head
name: "net"  # behind
# before the input
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 } } }
# before fc
layer {
  # of the name
  name: "fc"  # behind the name
  type: "InnerProduct"  # behind the type
  bottom: "data"  # behind the bottom
  top: "fc"
  # before the message
  inner_product_param {
    # before a setting
    num_output: 3  # behind a setting
    # at the end of the message
  }
  # at the end of the layer
}  # behind the layer
# the end
""",
        """\
# head
name: net  # behind
inputs:
  # before the input
  data: [1]
layers:
  # before fc
  # behind the type
  # behind the bottom
  - InnerProduct:  # behind the layer
      # of the name
      name: fc  # behind the name
      # before the message
      # before a setting
      num_output: 3  # behind a setting
      # at the end of the message
      # at the end of the layer
# the end
""",
    ),
    "texts that need care": (
        r"""
force_backward: true
layer { name: "a b" type: "ReLU" bottom: "1" top: "/x" }
layer { name: ".." type: "ReLU" bottom: "/x" top: "." }
layer { name: "true" type: "ReLU" bottom: "." top: "a: b" }
layer { name: "" type: "ReLU" bottom: "a: b" top: "=c" }
layer { type: "TanH" bottom: "=c" top: "{d}\n\t\"\\\303\251" }
layer { name: "e" type: "ReLU" top: "f" top: "g" relu_param {} }
""",
        r"""
force_backward: true
layers:
  - ReLU: {name: a b, bottom: "1", top: //x}
  - ReLU: {name: /.., top: /.}
  - ReLU: {name: "true", top: "a: b"}
  - ReLU: {name: "", top: "==c"}
  - TanH: {name: "", top: "{{d}}\n\t\"\\é"}
  - ReLU: {name: e, bottom: [], top: [f, g], relu_param: {}}
""".lstrip(),
    ),
    "messages written out": (
        """\
layer { type: "Input" name: "a" top: "b" input_param { shape { dim: 1 } } }
layer { name: "c" type: "Convolution" bottom: "b" top: "c"
        convolution_param { pad: 1 } convolution_param { pad: 2 } }
layer { name: "d" type: "Convolution" bottom: "c" top: "d" odd: 3 convolution_param { pad: 1 } }
layer { name: "e" type: "ReLU" bottom: "d" top: "e" lrn_param { norm_region: WITHIN_CHANNEL } }
layer { name: "f" type: "Convolution" bottom: "e" top: "f" convolution_param { name: 3 } }
layer { name: "g" type: "DetectionOutput" bottom: "f" top: "g"
        detection_output_param { num_classes: 2 nms_param { top_k: 9 } } }
""",
        """\
layers:
  - Input: {name: a, top: b, shape: {dim: 1}}
  - Convolution: {name: c, convolution_param: [{pad: 1}, {pad: 2}]}
  - Convolution: {name: d, odd: 3, convolution_param: {pad: 1}}
  - ReLU: {name: e, lrn_param: {norm_region: WITHIN_CHANNEL}}
  - Convolution: {name: f, convolution_param: {name: 3}}
  - DetectionOutput: {name: g, num_classes: 2, nms_param: {top_k: 9}}
""",
    ),
    "numbers": (
        'layer { name: "p" type: "Power" top: "p" power_param '
        "{ power: 017 scale: 0x1F shift: -017 shift: -0X1f shift: 1e-3f shift: .5 shift: 2. "
        "shift: inf shift: -inf shift: nan shift: -1 } }",
        """\
layers:
  - Power:
      name: p
      power: 0o17
      scale: 0x1f
      shift: [-15, -31, 1e-3, .5, 2., .inf, -.inf, .nan, -1]
""",
    ),
    "no layers": ('name: "none"', "name: none\nlayers: []\n"),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_writes(case: str) -> None:
    text, expected = WRITTEN[case]
    assert to_yaml(prototxt(text), FACTS, COMMON) == expected


@pytest.mark.parametrize("case", WRITTEN)
def test_reads_back_what_it_writes(case: str) -> None:
    net = prototxt(WRITTEN[case][0])
    back = yaml(to_yaml(net, FACTS, COMMON))
    assert canonical(back) == canonical(net)
    assert sorted(comments(back)) == sorted(comments(net))


NETS = sorted(p for p in SPECS.glob("*/*.yaml") if "\nlayers:" in p.read_text())


@pytest.mark.parametrize("path", NETS, ids=lambda p: p.stem)
def test_every_spec_survives_the_way_through_prototxt(path: Path) -> None:
    net = yaml(path.read_text(), str(path))
    printed = parse(Source("expanded.prototxt", print_prototxt(net)))
    assert canonical(printed) == canonical(net)
    back = yaml(to_yaml(printed, FACTS, COMMON))
    assert canonical(back) == canonical(net)
    assert sorted(comments(back)) == sorted(comments(net))


UNWRITABLE = [
    'layers { type: RELU }',
    'blocks: 3',
    'layer: 3',
    'layer { name: "a" }',
    'layer { type { a: 1 } }',
]  # fmt: skip


@pytest.mark.parametrize("text", UNWRITABLE)
def test_what_no_spec_can_say(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        to_yaml(prototxt(text), FACTS, COMMON)
    assert [d.code for d in caught.value.diagnostics] == ["N161"]


def test_an_unknown_type_is_written_out_in_full() -> None:
    net = prototxt(
        'layer { name: "a" type: "Odd" bottom: "x" top: "a" odd_param { b: MAX c: "M" } }'
    )
    assert to_yaml(net, FACTS, COMMON) == (
        'layers:\n  - Odd: {name: a, bottom: x, top: a, odd_param: {b: MAX, c: "M"}}\n'
    )


def test_solvers() -> None:
    text = """\
# a solver
net: "train.prototxt"  # the net
base_lr: 0.01
lr_policy: "step"
stepvalue: 10
stepvalue: 20
solver_mode: CPU
type: "="
train_state { stage: "a" stage: "{b}" }
"""
    solver = prototxt(text)
    names = {("solver_mode",): Kind.NAME}
    written = settings_to_yaml(solver)
    assert (
        written
        == """\
# a solver
net: train.prototxt  # the net
base_lr: 0.01
lr_policy: step
stepvalue: [10, 20]
solver_mode: CPU
type: "="
train_state: {stage: [a, "{b}"]}
"""
    )
    tree = parse_yaml(Source("solver.yaml", written))
    back = resolve_words(tree, lambda path: names.get(path, Kind.STRING))
    assert canonical(back) == canonical(solver)
    assert comments(back) == comments(solver)
