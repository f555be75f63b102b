"""Deploy nets: what a training net predicts, with the training net's weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import compiler
import netspec
from netspec import Graph, SpecError
from netspec.build import open_tree
from netspec.deploy import deploy
from netspec.diagnostics import Report
from netspec.language.prototxt.write import print_prototxt
from netspec.source import Source
from tools.__main__ import main

TRAIN_VAL = """\
# a digit classifier
name: "small"
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  include { phase: TRAIN }
  data_param { source: "train_lmdb" batch_size: 64 backend: LMDB }
}
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  include { phase: TEST }
  transform_param { scale: 0.5 }  # as in training
  data_param { source: "test_lmdb" batch_size: 10 backend: LMDB }
}
# the filters
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param { lr_mult: 1 }
  convolution_param {
    num_output: 4  # few
    kernel_size: 3
    weight_filler { type: "xavier" }
  }
}
layer {
  name: "bn"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  # while training
  include { phase: TRAIN }
}
layer {
  name: "bn"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  # with the averages
  include { phase: TEST }
  batch_norm_param { use_global_stats: true }
}
layer { name: "drop" type: "Dropout" bottom: "conv1" top: "conv1" }
layer {
  name: "ip"
  type: "InnerProduct"
  bottom: "conv1"
  top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } }
}
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy" }
layer {
  name: "loss"
  type: "SoftmaxWithLoss"
  bottom: "ip"
  bottom: "label"
  top: "loss"
  loss_weight: 1
}
"""
DEPLOYED = """\
# a digit classifier
name: "small"
# prepared by a Data layer before:
# transform_param { scale: 0.5 }
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape { dim: 1 dim: 1 dim: 8 dim: 8 } }
}
# the filters
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param { lr_mult: 1 }
  convolution_param {
    num_output: 4  # few
    kernel_size: 3
    weight_filler { type: "xavier" }
  }
}
layer {
  name: "bn"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  # with the averages
  batch_norm_param { use_global_stats: true }
}
layer {
  name: "drop"
  type: "Dropout"
  bottom: "conv1"
  top: "conv1"
}
layer {
  name: "ip"
  type: "InnerProduct"
  bottom: "conv1"
  top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } }
}
layer {
  name: "prob"
  type: "Softmax"
  bottom: "ip"
  top: "prob"
}
"""
SHAPE = {"data": (1, 1, 8, 8)}
INPUT = """\
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 6 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 } } }
"""


def fc(name: str, bottom: str = "data") -> str:
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" '
        'inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }\n'
    )


def layer(type: str, name: str, *bottoms: str, more: str = "") -> str:
    listed = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
    return f'layer {{ name: "{name}" type: "{type}" {listed} top: "{name}" {more} }}\n'


def text_of(text: str, *only: str, shapes: dict[str, tuple[int, ...]] | None = None) -> str:
    report = Report()
    tree = open_tree(Source("net.prototxt", text), report)
    return print_prototxt(deploy(tree, shapes or {}, report, only))


def deployed(text: str, *only: str) -> Graph:
    return netspec.loads(text_of(text, *only))


def test_the_whole_of_it() -> None:
    assert text_of(TRAIN_VAL, shapes=SHAPE) == DEPLOYED


def test_a_deploy_net_is_its_own() -> None:
    assert text_of(DEPLOYED) == DEPLOYED


CASES = {
    "a sigmoid": (
        INPUT + fc("fc") + layer("SigmoidCrossEntropyLoss", "loss", "fc", "data"),
        {"fc": "InnerProduct", "prob": "Sigmoid"},
        ("prob",),
    ),
    "the loss's axis": (
        INPUT
        + fc("fc")
        + layer("SoftmaxWithLoss", "loss", "fc", "label", more="softmax_param { axis: -1 }"),
        {"fc": "InnerProduct", "prob": "Softmax"},
        ("prob",),
    ),
    "a regression, of either order": (
        INPUT + fc("fc") + layer("EuclideanLoss", "loss", "data", "fc"),
        {"fc": "InnerProduct"},
        ("fc",),
    ),
    "what only feeds a loss": (
        INPUT
        + layer("Power", "doubled", "data", more="power_param { scale: 2 }")
        + fc("fc")
        + layer("EuclideanLoss", "loss", "fc", "doubled"),
        {"fc": "InnerProduct"},
        ("fc",),
    ),
    "a pair": (
        INPUT
        + fc("one")
        + fc("two", "one")
        + layer("ContrastiveLoss", "loss", "one", "two", "label"),
        {"one": "InnerProduct", "two": "InnerProduct"},
        ("two",),
    ),
    "several heads": (
        INPUT
        + fc("a")
        + fc("b")
        + layer("SoftmaxWithLoss", "l1", "a", "label")
        + layer("SoftmaxWithLoss", "l2", "b", "label"),
        {"a": "InnerProduct", "b": "InnerProduct", "l1_prob": "Softmax", "l2_prob": "Softmax"},
        ("l1_prob", "l2_prob"),
    ),
    "two losses of one prediction": (
        INPUT
        + fc("a")
        + layer("SoftmaxWithLoss", "l1", "a", "label")
        + layer("SoftmaxWithLoss", "l2", "a", "label"),
        {"a": "InnerProduct", "prob": "Softmax"},
        ("prob",),
    ),
    "a prediction that is there": (
        INPUT
        + fc("a")
        + layer("Softmax", "p", "a")
        + layer("SoftmaxWithLoss", "loss", "a", "label")
        + layer("ArgMax", "best", "p"),
        {"a": "InnerProduct", "p": "Softmax", "best": "ArgMax"},
        ("best",),
    ),
    "a label that is read": (
        INPUT
        + layer("Reshape", "y", "label", more="reshape_param { shape { dim: 0 dim: 1 } }")
        + layer("Concat", "both", "data", "y")
        + fc("fc", "both")
        + layer("SoftmaxWithLoss", "loss", "fc", "label"),
        {
            "label": "Input",
            "y": "Reshape",
            "both": "Concat",
            "fc": "InnerProduct",
            "prob": "Softmax",
        },
        ("prob",),
    ),
    "silence, and a sum of losses": (
        INPUT
        + fc("fc")
        + layer("SoftmaxWithLoss", "loss", "fc", "label")
        + layer("Power", "half", "loss", more="power_param { scale: 0.5 }")
        + 'layer { name: "s" type: "Silence" bottom: "label" }\n',
        {"fc": "InnerProduct", "prob": "Softmax"},
        ("prob",),
    ),
    "accuracy alone": (
        INPUT + fc("fc") + layer("Accuracy", "accuracy", "fc", "label"),
        {"fc": "InnerProduct"},
        ("fc",),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_left(case: str) -> None:
    text, layers, outputs = CASES[case]
    graph = deployed(text)
    found = {n.name: n.type for n in graph.nodes}
    assert found == {"data": "Input"} | layers
    assert graph.outputs == outputs


def test_one_head_of_several() -> None:
    graph = deployed(CASES["several heads"][0], "l2")
    assert [n.name for n in graph.nodes] == ["data", "b", "prob"]


@pytest.mark.parametrize(
    ("text", "only", "code"),
    [
        (TRAIN_VAL, (), "N410"),  # the data are not there, and no shape is given
        (INPUT + fc("a") + layer("SoftmaxWithLoss", "loss", "a", "label"), ("l",), "D201"),
        (INPUT, (), "D201"),
    ],
)
def test_what_cannot_be_deployed_is_refused(text: str, only: tuple[str, ...], code: str) -> None:
    with pytest.raises(SpecError) as error:
        text_of(text, *only)
    assert code in [d.code for d in error.value.diagnostics]


def test_the_weights_load_and_the_predictions_are_the_same(tmp_path: Path) -> None:
    shapes = {"data": (3, 1, 8, 8), "label": (3,)}
    whole = compiler.compile(
        netspec.loads(
            TRAIN_VAL.replace("Data", "Input")
            .replace('data_param { source: "test_lmdb" batch_size: 10 backend: LMDB }', "")
            .replace('data_param { source: "train_lmdb" batch_size: 64 backend: LMDB }', "")
            .replace("transform_param { scale: 0.5 }", ""),
            shapes=shapes,
        ),
        keep=["ip"],
    )
    compiler.save_weights(whole, tmp_path / "net.caffemodel")
    small = compiler.compile(netspec.loads(DEPLOYED))
    compiler.load_weights(small, tmp_path / "net.caffemodel")
    images = torch.rand(3, 1, 8, 8)
    scores = whole(data=images, label=torch.zeros(3))["ip"]
    torch.testing.assert_close(small(data=images)["prob"], scores.softmax(1))


def test_the_command_writes_either_language(tmp_path: Path) -> None:
    path = tmp_path / "train_val.prototxt"
    path.write_text(TRAIN_VAL)
    for name in ("deploy.prototxt", "deploy.yaml"):
        out = tmp_path / name
        assert main(["deploy", str(path), "-o", str(out), "--shape", "data=1,1,8,8"]) == 0
        assert str(netspec.load(out)) == str(netspec.loads(DEPLOYED))
        assert "# the filters" in out.read_text()


def test_a_yaml_file_gives_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "inputs: {data: [2, 6], label: [2]}\n"
        "blocks:\n  fc:\n    with: {out: }\n    layers:\n"
        "      - InnerProduct: {num_output: =out}\n"
        "layers:\n  - fc: {name: fc1, out: 4, bottom: data}\n"
        "  - SoftmaxWithLoss: {name: loss, bottom: [fc1/fc, label]}\n"
    )
    assert main(["deploy", str(path)]) == 0
    text = capsys.readouterr().out
    graph = netspec.loads(text, name="deploy.yaml")
    assert [n.type for n in graph.nodes] == ["Input", "InnerProduct", "Softmax"]
    assert graph.weight_shapes == {"fc1/fc": [(4, 6), (4,)]}
