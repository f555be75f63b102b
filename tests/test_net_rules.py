"""What Net::Init asks of a net beside its layers (net.cpp, insert_splits.cpp), a row a rule."""

from __future__ import annotations

import pytest
import torch

import compiler
import netspec
from netspec.schema.net import Phase

INPUT = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 4] } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 } } }
"""


def ip(name: str, bottom: str, params: str = "", more: str = "", size: int = 4) -> str:
    said = f"inner_product_param {{ num_output: {size} bias_term: false }}"
    wires = f'bottom: "{bottom}" top: "{name}"'
    return f'layer {{ name: "{name}" type: "InnerProduct" {wires} {params} {more} {said} }}\n'


def three(*params: str) -> str:
    """Three layers on end, each with a param that names w."""
    said = [f'param {{ name: "w" {written} }}' for written in params]
    return ip("a", "data", said[0]) + ip("b", "a", said[1]) + ip("c", "b", said[2])


RELU = 'layer { name: "r" type: "ReLU" bottom: "a" top: "a" }\n'
LOSS = 'layer { name: "l" type: "SoftmaxWithLoss" bottom: "data" bottom: "label" top: "l" '
REFUSED = [  # a net, the code, where: (line of the diagnostic, line of its note)
    # Net::AppendParam: whoever says a multiplier of a shared parameter says the same one
    (three("lr_mult: 1", "", "lr_mult: 2"), "N311", (6, 4)),
    (three("", "lr_mult: 1", "lr_mult: 2"), "N311", (6, 5)),
    (three("decay_mult: 0", "", "decay_mult: 1"), "N311", (6, 4)),
    (three("", "decay_mult: 1", "decay_mult: 2"), "N311", (6, 5)),
    (three("lr_mult: 0", "lr_mult: 1", "lr_mult: 0"), "N311", (5, 4)),
    # as many elements are enough where the one who shares says so, not the owner
    (
        ip("a", "data", 'param { name: "w" share_mode: PERMISSIVE }', size=8)
        + ip("b", "a", 'param { name: "w" }'),
        "N311",
        (5, 4),
    ),
    (
        ip("a", "data", 'param { name: "w" }', size=8)
        + ip("b", "a", 'param { name: "w" share_mode: PERMISSIVE }', size=5),
        "N311",
        (5, 4),
    ),
    # InsertSplits: to count towards the loss is to be read, so nothing may write over it
    (ip("a", "data", more="loss_weight: 2") + RELU, "N305", (5, 4)),
    # Layer::SetLossWeights: one for each top, or none
    (ip("a", "data", more="loss_weight: 1 loss_weight: 1"), "N310", (4, None)),
    (LOSS + 'top: "p" }', "N310", (4, None)),
    (LOSS + 'top: "p" loss_weight: 1 }', "N310", (4, None)),
    # Net::Init: one propagate_down for each bottom, or none
    (ip("a", "data", more="propagate_down: true propagate_down: true"), "N308", (4, None)),
    # more param than parameters
    (ip("a", "data", "param { } param { }"), "N309", (4, None)),
    # Net::FilterNet: include or exclude
    (ip("a", "data", more="include { phase: TEST } exclude { stage: 'x' }"), "N208", (4, None)),
]
TAKEN = [
    three("", "", ""),
    three("lr_mult: 2", "", "lr_mult: 2"),
    three("", "lr_mult: 2 decay_mult: 0", "lr_mult: 2"),
    three("decay_mult: 0", "lr_mult: 3", ""),
    ip("a", "data", 'param { name: "w" }', size=8)
    + ip("b", "a", 'param { name: "w" share_mode: PERMISSIVE }'),
    ip("a", "data", more="loss_weight: 0") + RELU,
    ip("a", "data", more="propagate_down: false"),
    LOSS + 'top: "p" loss_weight: 1 loss_weight: 0.5 }',
]


@pytest.mark.parametrize(("text", "code", "lines"), REFUSED)
def test_refused_as_caffe_refuses(text: str, code: str, lines: tuple[int, int | None]) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        netspec.loads(INPUT + text)
    (found,) = refused.value.diagnostics
    assert found.code == code
    assert found.span is not None
    assert found.span.line == lines[0]
    spans = [note.span for note in found.notes if note.span]
    assert [span.line for span in spans] == ([lines[1]] if lines[1] else [])


@pytest.mark.parametrize("text", TAKEN)
def test_taken_as_caffe_takes_it(text: str) -> None:
    compiler.compile(netspec.loads(INPUT + text))


DROPOUT = 'layer {{ name: "d" type: "Dropout" bottom: "data" top: "d" {} }}'


@pytest.mark.parametrize(
    ("net", "own", "drops"),
    [
        ("TRAIN", "", True),
        ("TEST", "", False),
        ("TRAIN", "phase: TEST", False),
        ("TEST", "phase: TRAIN", True),
        ("TRAIN", "phase: TRAIN", True),
    ],
)
def test_a_layer_has_the_nets_phase_or_its_own(net: str, own: str, drops: bool) -> None:
    graph = netspec.loads(INPUT + DROPOUT.format(own), phase=net)
    made = compiler.compile(graph)
    assert (graph.by_name["d"].phase is Phase.TRAIN) == drops
    data = torch.ones(2, 4000)
    assert bool((made(data=data, label=torch.zeros(2))["d"] == 0).any()) == drops


def test_a_phase_of_its_own_outlasts_train_and_eval() -> None:
    made = compiler.compile(netspec.loads(INPUT + DROPOUT.format("phase: TEST"), phase="TRAIN"))
    assert not made.train().layer("d").training
    made = compiler.compile(netspec.loads(INPUT + DROPOUT.format("phase: TRAIN"), phase="TEST"))
    assert made.eval().layer("d").training


@pytest.mark.parametrize(
    ("more", "weights", "loss"),
    [
        ("loss_weight: 2", {"a": 2.0}, 24.0),  # any top counts: the sum of its elements
        ("loss_weight: -0.5", {"a": -0.5}, -6.0),
    ],
)
def test_any_top_can_count_towards_the_loss(
    more: str, weights: dict[str, float], loss: float
) -> None:
    from compiler.training.evaluate import loss_of

    power = f'layer {{ name: "a" type: "Power" bottom: "data" top: "a" {more} \
        power_param {{ shift: 0.5 }} }}'
    graph = netspec.loads(INPUT + power)
    blobs = compiler.compile(graph)(data=torch.ones(2, 4), label=torch.zeros(2))
    assert graph.loss_weights == weights
    assert float(loss_of(blobs, graph.loss_weights)) == pytest.approx(loss)


@pytest.mark.parametrize(("down", "flows"), [("true", True), ("false", False)])
def test_propagate_down_decides_for_a_bottom(down: str, flows: bool) -> None:
    text = ip("a", "data") + ip("b", "a", more=f"propagate_down: {down} loss_weight: 1")
    net = compiler.compile(netspec.loads(INPUT + text, phase="TRAIN"))
    net(data=torch.ones(2, 4), label=torch.zeros(2))["b"].sum().backward()
    assert (compiler.blobs(net)["a"][0].grad is not None) == flows
    assert compiler.blobs(net)["b"][0].grad is not None
