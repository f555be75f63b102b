"""What stands in the wild: nets of forks have their shapes, or a diagnostic in its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netspec
from netspec.build import open_tree
from netspec.diagnostics import Report
from netspec.language.prototxt.write import print_prototxt
from netspec.source import Source

WILD = sorted((Path(__file__).parent / "wild").glob("*.prototxt"))
INPUT = 'input: "data"\ninput_shape { dim: 1 dim: 3 dim: 64 dim: 64 }\n'
LAYER = INPUT + 'layer { name: "x" bottom: "data" top: "x"\n'

REFUSED = {  # what is wrong: the text, the code, line and column
    "a place holder of a script": (
        LAYER + 'type: "Convolution" convolution_param { num_output: cls6x kernel_size: 1 } }',
        "N204",
        (4, 53),
    ),
    "a place holder of ck": (INPUT.replace("dim: 1", "dim: $#batch_size#$"), "N106", (2, 20)),
    "a place holder of Jinja": ('name: "net"\ninput_dim: {{ num_actions }}', "N106", (2, 12)),
    "a size in capitals": (INPUT.replace("dim: 64 }", "dim: 224X224_1 }"), "N109", (2, 42)),
    "a path without quotes": ("layer { data_param { source: C:\\data\\x } }", "N101", (1, 31)),
    "a path with backslashes": ('layer { data_param { source: "C:\\MyCaffe" } }', "N108", (1, 33)),
    "a name without its second quote": ('name: "RMNet with\ninput: "data"', "N107", (1, 7)),
    "layer and layers in one file": (
        LAYER + 'type: "ReLU" }\nlayers { type: RELU bottom: "x" top: "y" }',
        "N170",
        (5, 1),
    ),
    "a type that nobody knows": (LAYER + 'type: "Wibble" }', "N201", (4, 7)),
    "a type of a fork": (LAYER + 'type: "MemoryLoss" }', "N230", (4, 7)),
    "a field of a fork": (LAYER + 'type: "ReLU" quantization_param { } }', "N231", (4, 14)),
    "a setting of a fork": (
        LAYER + 'type: "Pooling" pooling_param { avg_include_pad: true kernel_size: 2 } }',
        "N231",
        (4, 33),
    ),
    "a part of a net, without what it reads": (
        'layer { name: "n" type: "Normalize" bottom: "last_ip_layer" top: "norm1" }',
        "N301",
        (1, 45),
    ),
    "more param than parameters": (
        LAYER
        + 'type: "InnerDistance" param { } param { } inner_distance_param { num_output: 3 } }',
        "N309",
        (4, 39),
    ),
}


def said(path: Path) -> tuple[str, dict[str, tuple[int, ...]]]:
    """The phase of a net, and the shapes of some of its blobs, as its first comments have them."""
    first, *rest = re.findall(r"^# (.*)", path.read_text(), re.M)
    pairs = (line.split(": ") for line in rest)
    shapes = {
        blob: tuple(map(int, shape.split())) if shape != "scalar" else () for blob, shape in pairs
    }
    return first.rpartition(": ")[2], shapes


@pytest.mark.parametrize("path", WILD, ids=lambda path: path.stem)
def test_nets_of_forks_have_shapes(path: Path) -> None:
    phase, shapes = said(path)
    graph = netspec.load(path, phase=phase)
    graph.check()
    assert {blob: graph.blob_shapes[blob] for blob in shapes} == shapes


@pytest.mark.parametrize("path", WILD, ids=lambda path: path.stem)
def test_upgraded_they_are_the_same(path: Path) -> None:
    phase, _ = said(path)
    report = Report()
    today = print_prototxt(open_tree(Source("net.prototxt", path.read_text()), report))
    assert not report.diagnostics
    assert netspec.loads(today, phase=phase) == netspec.load(path, phase=phase)


@pytest.mark.parametrize(("text", "code", "place"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_what_is_wrong_is_refused_in_its_place(
    text: str, code: str, place: tuple[int, int], phase: str
) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        netspec.loads(text, phase=phase)
    first = refused.value.diagnostics[0]
    assert first.span is not None
    assert (first.code, (first.span.line, first.span.column)) == (code, place)
    assert "^" in first.render()
