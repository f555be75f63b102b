"""Sketches: nets with unknown layers are shown, marked, and without a number that is not known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import compiler
import netspec
from netspec.build import sketch
from netspec.draw import digraph
from netspec.layers import LAYERS
from netspec.schema.example import smallest
from netspec.schema.setting import Reject
from netspec.schema.unsized import UNSIZED
from tools.__main__ import main

INPUT = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 8, 8] } } }\n'
)
CONV = """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
"""
AFTER = """
layer { name: "ip" type: "InnerProduct" bottom: "odd" top: "ip"
        inner_product_param { num_output: 5 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""
UNKNOWN = {
    "a type nobody knows": 'type: "Odd" odd_param { n: 1 }',
    "a fork's type": 'type: "Knn" knn_param { k: 1 }',
    "a fork's field": 'type: "ReLU" quantization_param { }',
    "a fork's setting": 'type: "Pooling" pooling_param { kernel_size: 2 avg_include_pad: true }',
    "a Python layer": 'type: "Python" python_param { module: "m" layer: "Own" }',
}


@pytest.fixture(params=UNKNOWN, ids=lambda name: name.replace(" ", "-"))
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "net.prototxt"
    odd = f'layer {{ name: "odd" bottom: "conv" top: "odd" {UNKNOWN[request.param]} }}'
    path.write_text(INPUT + CONV + odd + AFTER)
    return path


def test_only_a_sketch_is_made_of_it(spec: Path) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        netspec.load(spec)
    assert {d.code for d in refused.value.diagnostics} <= {"N201", "N220", "N230", "N231"}
    with pytest.raises(netspec.SpecError) as refused:
        compiler.compile(sketch(spec))
    assert [d.code for d in refused.value.diagnostics] == ["N230"]


def test_nothing_below_an_unknown_layer_has_a_shape(spec: Path) -> None:
    graph = sketch(spec)
    assert graph.blob_shapes["conv"] == (2, 4, 6, 6)
    assert all(graph.blob_shapes[blob] is UNSIZED for blob in ("odd", "ip", "prob"))
    assert graph.weight_shapes == {"conv": [(4, 3, 3, 3), (4,)]}
    assert [n.name for n in graph.nodes if not n.sized] == ["odd", "ip", "prob"]


def test_a_shape_that_is_given_is_no_guess(spec: Path) -> None:
    graph = sketch(spec, shapes={"odd": (2, 7)})
    assert graph.blob_shapes["prob"] == (2, 5)
    assert graph.weight_shapes["ip"] == [(5, 7), (5,)]


def test_the_summary_marks_it(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", str(spec)]) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line}
    assert rows["odd"][1:] == ["(unknown)", "?", "?", "?"]
    assert rows["ip"] == ["InnerProduct", "?", "?", "?"]
    assert "not counted: 1 unknown" in said
    assert "and 2 below, of unknown size" in said
    assert "112 parameters" in said
    assert main(["summary", str(spec), "--json"]) == 0
    told = {layer["name"]: layer for layer in json.loads(capsys.readouterr().out)["layers"]}
    assert told["odd"]["known"] is False
    assert told["ip"]["outputs"] == [{"blob": "ip", "shape": None}]
    assert "macs" not in told["ip"]


def test_the_diagram_marks_it(spec: Path) -> None:
    drawn = digraph(sketch(spec)).source
    assert drawn.count("unknown") == 1
    assert drawn.count("dashed") == 1
    assert "3 of 5 layers not counted" in drawn


def test_other_mistakes_are_refused(spec: Path) -> None:
    spec.write_text(spec.read_text().replace("num_output: 4", "num_outputs: 4"))
    with pytest.raises(netspec.SpecError, match="num_outputs"):
        sketch(spec)


@pytest.mark.parametrize("name", LAYERS)
def test_captions_make_up_no_numbers(name: str) -> None:
    """Of a bottom that is not known a caption says nothing: it is the type, or the settings."""
    made = smallest(LAYERS[name])
    bottoms = made.shapes or ((2, 3, 8, 8),)
    try:
        said = made.layer.caption(*(UNSIZED for _ in bottoms))
    except Reject:
        return
    assert said == made.layer.caption(*bottoms)


OWN = """
from netspec.layers import declare
from netspec.schema.layer import Family, Layer, Shape

@declare
class Beyond(Layer):
    family = Family.SHAPE
    def infer(self, blob: Shape) -> Shape:
        return (blob[9],)
"""


def test_what_a_layer_of_ones_own_raises_is_said_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "beyond.py").write_text(OWN)
    net = tmp_path / "net.prototxt"
    net.write_text(INPUT + 'layer { name: "b" type: "Beyond" bottom: "data" top: "b" }')
    try:
        assert main(["check", str(net), "--import", str(tmp_path / "beyond.py")]) == 1
    finally:
        del LAYERS["Beyond"]
    said = capsys.readouterr().err
    assert "error[N232]: infer of Beyond raised IndexError: tuple index out of range" in said
    assert "beyond.py, line 9: return (blob[9],)" in said
    assert "net.prototxt:2:25" in said
