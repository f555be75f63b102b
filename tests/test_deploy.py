"""Deploy nets: what a training net predicts, with the training net's weights."""

from __future__ import annotations

import pytest
from deployed import DEPLOYED, TRAIN_VAL

import netspec
from netspec import Graph, SpecError
from netspec.build import open_tree
from netspec.deploy import deploy
from netspec.diagnostics import Report
from netspec.language.prototxt.write import print_prototxt
from netspec.source import Source

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
