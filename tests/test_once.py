"""A field that is not repeated is written once, and not as a list: anything else Caffe refuses."""

from __future__ import annotations

import pytest

import netspec
from netspec.diagnostics import SpecError

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 1, 6, 6] } } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c" LAYER
  convolution_param { num_output: 1 SETTING } PARAM }
"""
FAULTS = [  # for LAYER, SETTING and PARAM in NET: the code and what the message says
    ("phase: TEST phase: TEST", "kernel_size: 3", "", "N212", "phase is written more than once"),
    ("", "kernel_size: 3 group: 1 group: 1", "", "N212", "group"),
    ("", "kernel_h: 3 kernel_w: 3 kernel_h: 3", "", "N212", "kernel_h"),
    ("", "kernel_size: 3 weight_filler {} weight_filler {}", "", "N212", "weight_filler"),
    ("", "kernel_size: 3", "convolution_param { group: 1 }", "N212", "convolution_param"),
    ("", "kernel_size: 3", "relu_param {} relu_param {}", "N212", "relu_param"),
    ("", "kernel_size: 3", "loss_param {} loss_param {}", "N212", "loss_param"),
    ("", "kernel_size: 3", "param { lr_mult: 1 lr_mult: 1 }", "N212", "lr_mult"),
    ("", "kernel_size: 3 group: [1]", "", "N204", "group holds one value, found a list"),
    ("", "kernel_h: [3] kernel_w: 3", "", "N204", "kernel_h holds one value"),
    ("", "kernel_size: 3 group: [1, 1]", "", "N204", "group holds one value"),
    ("", "kernel_size: 3 weight_filler: [{}]", "", "N204", "weight_filler holds one value"),
    ("", "kernel_size: 3", "relu_param [{}]", "N204", "relu_param holds one value"),
    ("phase: [TEST]", "kernel_size: 3", "", "N204", "phase holds one value"),
]


@pytest.mark.parametrize(("layer", "setting", "param", "code", "words"), FAULTS)
def test_refused(layer: str, setting: str, param: str, code: str, words: str) -> None:
    text = NET.replace("LAYER", layer).replace("SETTING", setting).replace("PARAM", param)
    with pytest.raises(SpecError) as caught:
        netspec.loads(text)
    (said,) = [d for d in caught.value.diagnostics if d.code != "N501"]
    assert said.code == code
    assert words in said.message
    assert said.span is not None


REPEATED = [
    ("kernel_size: 3 kernel_size: 3", "param {} param {}"),
    ("kernel_size: [3, 3]", "param [{ lr_mult: 1 }, {}]"),
    ("kernel_size: [3]", "param: []"),
]


@pytest.mark.parametrize(("setting", "param"), REPEATED)
def test_a_repeated_field_may_be_written_often(setting: str, param: str) -> None:
    text = NET.replace("LAYER", "").replace("SETTING", setting).replace("PARAM", param)
    assert netspec.loads(text).blob_shapes["c"] == (1, 1, 4, 4)


def test_lists_of_v1() -> None:
    text = """
    input: "data" input_dim: [1, 1, 6, 6]
    layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: [1, 2]
      weight_decay: [1] param: ["w", "b"] convolution_param { num_output: 1 kernel_size: 3 } }
    """
    (conv,) = (n for n in netspec.loads(text).nodes if n.name == "c")
    assert [(p.name, p.lr_mult, p.decay_mult) for p in conv.params] == [
        ("w", 1.0, 1.0),
        ("b", 2.0, None),
    ]
