"""Diagrams: every layer and every line is there, and boxes say what is in them."""

from __future__ import annotations

import re

import pytest
from drawn import INCEPTION, INPUT, NETS, RESIDUAL, TRAINED, TWINS, boxes, conv, layer, lines

import netspec
from netspec.draw import digraph


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", NETS)
def test_every_layer_and_every_line_is_there(name: str, flat: bool) -> None:
    graph = netspec.loads(NETS[name])
    source = digraph(graph, flat=flat).source
    box, drawn = boxes(source), lines(source)
    layers = [node for node in graph.nodes if not node.layer.fed]
    assert set(box) == {node.name for node in layers}
    assert not flat or len(set(box.values())) == len(layers)
    for node in layers:
        for bottom in node.bottoms:
            here, there = box[node.name], box.get(bottom.node.name)
            into = [tail for tail, head in drawn if head == here]
            if bottom.node.layer.fed:
                assert any(tail.startswith("input") for tail in into)
            elif bottom.blob == "label":
                assert any(tail.startswith("target") for tail in into)
            else:
                assert here == there or (there, here) in drawn
    named = set(box.values()) | set(re.findall(r"^\t*(\w+) \[label=", source, re.MULTILINE))
    assert {end for line in drawn for end in line} <= named
    assert len([n for n in named if n.startswith("input")]) == len(graph.inputs)


def test_what_follows_a_layer_shares_its_box() -> None:
    box = boxes(digraph(netspec.loads(RESIDUAL)).source)
    assert len({box[f"a_branch2a{end}"] for end in ("", "_batchnorm", "_scale", "_relu")}) == 1
    assert box["a"] == box["a_relu"] != box["a_branch2b"]  # two bottoms begin a box


def test_what_two_layers_read_ends_a_box() -> None:
    read_twice = [INPUT, conv("one", "x"), layer("relu", "ReLU", "one", "two")]
    graph = netspec.loads("\n".join([*read_twice, layer("sum", "Eltwise", "one two", "sum")]))
    box = boxes(digraph(graph).source)
    assert box["one"] != box["relu"]


def test_shared_parameters_are_joined_by_a_dashed_line() -> None:
    source = digraph(netspec.loads(TWINS)).source
    box = boxes(source)
    dashed = re.findall(r"(\w+) -> (\w+) \[.*style=dashed", source)
    assert dashed == [(box["left"], box["right"])]


def test_shapes_stand_once_where_they_change() -> None:
    written = re.findall(r"-> \w+ \[label=\" ([^\"]*) \"", digraph(netspec.loads(INCEPTION)).source)
    assert written == ["16×6×6"]  # the concatenation; convolutions here keep 8×6×6


@pytest.mark.parametrize(
    ("phase", "shown"), [("TEST", "(Dropout 0.5)"), ("TRAIN", ">Dropout 0.5<")]
)
def test_what_does_nothing_in_a_phase_is_in_brackets(phase: str, shown: str) -> None:
    assert shown in digraph(netspec.loads(TRAINED, phase=phase)).source


@pytest.mark.parametrize(
    ("type", "setting", "caption"),
    [
        ("Convolution", "num_output: 6 kernel_size: 3", "3×3 conv, 6"),
        ("Convolution", "num_output: 6 kernel_size: 3 stride: 2", "3×3 conv, 6, /2"),
        ("Convolution", "num_output: 6 kernel_h: 1 kernel_w: 5", "1×5 conv, 6"),
        ("Convolution", "num_output: 6 kernel_size: 3 dilation: 2", "3×3 conv, 6, dilation 2"),
        ("Convolution", "num_output: 6 kernel_size: 3 group: 2", "3×3 conv, 6, 2 groups"),
        ("Convolution", "num_output: 8 kernel_size: 3 group: 8", "3×3 depthwise conv, 8"),
        ("Deconvolution", "num_output: 6 kernel_size: 4 stride: 2", "4×4 deconv, 6, ×2"),
        ("Pooling", "kernel_size: 3 stride: 2", "3×3 max pool, /2"),
        ("Pooling", "pool: AVE global_pooling: true", "global average pool"),
        ("InnerProduct", "num_output: 6", "fc, 6"),
        ("ReLU", "negative_slope: 0.1", "ReLU, slope 0.1"),
        ("Power", "scale: 2 shift: -1 power: 3", "(2x − 1)^3"),
        ("Dropout", "dropout_ratio: 0.3", "Dropout 0.3"),
        ("Sigmoid", "", "Sigmoid"),
    ],
)
def test_captions(type: str, setting: str, caption: str) -> None:
    declared = netspec.layers.LAYERS[type]
    inside = f"{declared.message} {{ {setting} }}" if setting else ""
    node = netspec.loads(INPUT + layer("it", type, "x", "it", inside)).by_name["it"]
    assert node.layer.caption(*(b.shape for b in node.bottoms)) == caption
