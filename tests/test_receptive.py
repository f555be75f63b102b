"""Receptive fields: the published ones, and those that gradients of a real module show."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import torch
import zoo
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import compiler
import netspec
from netspec.analysis.receptive import Span, receptive_fields
from netspec.diagnostics import SpecError
from netspec.graph import Graph, Value
from tools.__main__ import main

PUBLISHED = [  # Araujo, Norris, Sim 2019, table 1: size, effective stride, effective padding
    ("alexnet/alexnet", "pool5", 195, 32, 64),
    ("vgg/vgg-16", "pool5", 212, 32, 90),
    ("resnet/resnet-50", "res5c", 483, 32, 239),
    ("resnet/resnet-101", "res5c", 1027, 32, None),  # theirs pads pool1, Caffe's rounds up
    ("resnet/resnet-152", "res5c", 1507, 32, None),
    ("inception-v3/inception-v3", "mixed7c", 1311, 32, 618),
    ("bn-inception/bn-inception", "5b", 699, 32, None),
]


@pytest.mark.parametrize(("net", "blob", "size", "stride", "padding"), PUBLISHED)
def test_fields_are_the_published_ones(
    net: str, blob: str, size: int, stride: int, padding: int | None
) -> None:
    graph = zoo.graph(net)
    field = receptive_fields(graph, "data")[graph.blobs[blob]]
    assert field is not None
    for span in field:
        assert (span.size, span.stride) == (size, stride)
        assert padding is None or span.padding == padding


def layer(kind: str, name: str, bottom: str, **settings: object) -> str:
    said = " ".join(f"{key}: {value}" for key, value in settings.items())
    bottoms = " ".join(f'bottom: "{b}"' for b in bottom.split("+"))
    message = {"Convolution": "convolution", "Deconvolution": "convolution", "InnerProduct":
               "inner_product", "Pooling": "pooling"}.get(kind, kind.lower())  # fmt: skip
    settings_of = f"{message}_param {{ {said} }}" if said else ""
    return f'layer {{ name: "{name}" type: "{kind}" {bottoms} top: "{name}" {settings_of} }}\n'


def data(side: int) -> str:
    shape = f"shape {{ dim: [1, 1, {side}, {side}] }}"
    return f'layer {{ name: "data" type: "Input" top: "data" input_param {{ {shape} }} }}\n'


def seen(graph: Graph, blob: str, position: int) -> list[tuple[int, int]]:
    """First and last row, and column, of the input that has a gradient of a position."""
    net = compiler.compile(graph, keep=[blob])
    for parameter in net.parameters():
        torch.nn.init.uniform_(parameter, 0.5, 1.0)
    image = torch.rand(graph.inputs["data"], requires_grad=True)
    made = net(image)[blob]
    made[(0, slice(None), *(position,) * (made.dim() - 2))].sum().backward()
    assert image.grad is not None
    rows, columns = image.grad[0, 0].nonzero(as_tuple=True)
    return [(int(axis.min()), int(axis.max())) for axis in (rows, columns)]


def inside(span: Span, position: int, side: int) -> tuple[int, int]:
    """The same as the analysis has it, cut off at the image's border."""
    first, last = (span.stride * position + end for end in (span.first, span.last))
    return max(0, -int(-first // 1)), min(side - 1, int(last // 1))


windows = st.fixed_dictionaries(
    {
        "kernel_size": st.integers(1, 4),
        "stride": st.integers(1, 2),
        "pad": st.integers(0, 1),
        "dilation": st.integers(1, 2),
    }
)
step = st.one_of(
    st.tuples(st.just("Convolution"), windows),
    st.tuples(st.just("Pooling"), st.sampled_from([(2, 2), (3, 1), (3, 2)])),
    st.tuples(st.just("Branches"), windows),
    st.tuples(st.just("ReLU"), st.none()),
)


def written(steps: list[tuple[str, object]], side: int) -> str:
    text, last = data(side), "data"
    for i, (kind, said) in enumerate(steps):
        name = f"l{i}"
        if kind == "Convolution":
            text += layer(kind, name, last, num_output=2, **dict(said))  # type: ignore[call-overload]
        elif kind == "Pooling":
            kernel, stride = said  # type: ignore[misc]
            text += layer(kind, name, last, pool="AVE", kernel_size=kernel, stride=stride)
        elif kind == "ReLU":
            text += layer(kind, name, last)
        else:  # a 1x1 beside a dilated 3x3 of the same stride
            stride, dilation = said["stride"], said["dilation"]  # type: ignore[index]
            same = {"num_output": 2, "stride": stride}
            text += layer("Convolution", f"{name}a", last, kernel_size=1, **same)
            pads = {"kernel_size": 3, "dilation": dilation, "pad": dilation}
            text += layer("Convolution", f"{name}b", last, **pads, **same)
            text += layer("Concat", name, f"{name}a+{name}b")
        last = name
    return text


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(step, min_size=1, max_size=4))
def test_fields_are_where_gradients_are(steps: list[tuple[str, object]]) -> None:
    """Up to the border: there, windows see padding, or are not there where sizes round down."""
    side = 41
    try:
        graph = netspec.loads(written(steps, side))
    except SpecError:
        reject()  # the windows are larger than what is left of the image
    value = graph.blobs[f"l{len(steps) - 1}"]
    position = value.shape[2] // 2
    field = receptive_fields(graph, "data")[value]
    assert field is not None
    for span, (first, last) in zip(field, seen(graph, value.blob, position)):
        low, high = inside(span, position, side)
        assert first == low or first > low == 0
        assert last == high or last < high == side - 1


UP = data(13) + layer("Convolution", "down", "data", num_output=1, kernel_size=3, stride=2)
SHIFTED = layer("Crop", "crop", "up+down", axis=2, offset=2)


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_a_deconvolution_sees_at_most_its_field(kernel: int) -> None:
    """Which of its filters' elements meet an element differs from place to place."""
    up = layer("Deconvolution", "up", "down", num_output=1, kernel_size=kernel, stride=2)
    graph = netspec.loads(UP + up + SHIFTED)
    fields = receptive_fields(graph, "data")
    for blob, positions in (("up", (2, 5, 6)), ("crop", (0, 3, 4))):
        (span, _) = field = fields[graph.blobs[blob]] or ()
        assert len(field) == 2
        assert span.stride == 1
        for position in positions:
            first, last = seen(graph, blob, position)[0]
            low, high = inside(span, position, 13)
            assert low <= first <= last <= high
            assert last - first + 1 <= span.size


@pytest.mark.parametrize(
    ("kernel", "stride", "pad", "dilation"),
    [(2, 2, 0, 1), (3, 2, 0, 1), (4, 2, 1, 1), (3, 1, 1, 2), (5, 3, 2, 1), (4, 1, 2, 3)],
)
def test_some_positions_of_a_deconvolution_see_to_the_ends_of_its_field(
    kernel: int, stride: int, pad: int, dilation: int
) -> None:
    window = {"kernel_size": kernel, "stride": stride, "pad": pad, "dilation": dilation}
    graph = netspec.loads(data(21) + layer("Deconvolution", "up", "data", num_output=1, **window))
    value = graph.blobs["up"]
    (span, _) = receptive_fields(graph, "data")[value] or ()
    middle = value.shape[2] // 2
    positions = range(middle, middle + stride)
    pairs = [(seen(graph, "up", p)[0], inside(span, p, 21)) for p in positions]
    assert any(first == low for (first, _), (low, _) in pairs)
    assert any(last == high for (_, last), (_, high) in pairs)
    assert max(last - first + 1 for (first, last), _ in pairs) == span.size


def value_and_field(text: str, blob: str) -> tuple[Value, object]:
    graph = netspec.loads(text)
    value = graph.blobs[blob]
    return value, receptive_fields(graph, "data")[value]


def test_a_fully_connected_layer_sees_what_all_positions_see() -> None:
    text = data(9) + layer("Convolution", "conv", "data", num_output=1, kernel_size=3)
    text += layer("InnerProduct", "fc", "conv", num_output=2)
    _, field = value_and_field(text, "fc")
    assert field == (Span(Fraction(0), Fraction(0), Fraction(8)),) * 2
    assert seen(netspec.loads(text), "fc", 0) == [(0, 8)] * 2


def test_paths_of_different_strides_have_no_field() -> None:
    one = layer("Convolution", "one", "data", num_output=1, kernel_size=2, stride=2)
    other = layer("Pooling", "half", "data", kernel_size=2, stride=2, pool="AVE")
    other += layer("Deconvolution", "two", "half", num_output=1, kernel_size=2, stride=2)
    other += layer("Crop", "cut", "two+one", axis=2)
    text = data(8) + one + other + layer("Eltwise", "sum", "one+cut")
    _, field = value_and_field(text, "sum")
    assert field is None


def test_paths_with_other_centres_are_not_aligned() -> None:
    one = layer("Convolution", "one", "data", num_output=1, kernel_size=3, pad=1)
    other = layer("Convolution", "two", "data", num_output=1, kernel_size=2, pad=1)
    other += layer("Crop", "cut", "two+one", axis=2)
    text = data(8) + one + other + layer("Eltwise", "sum", "one+cut")
    text += layer("Eltwise", "twice", "sum+sum")
    for blob in ("sum", "twice"):
        _, field = value_and_field(text, blob)
        assert isinstance(field, tuple)
        assert [(s.size, s.aligned) for s in field] == [(3, False)] * 2


def test_the_command_shows_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.prototxt"
    spec.write_text(data(9) + layer("Convolution", "conv", "data", num_output=1, kernel_size=3))
    assert main(["cost", str(spec), "--fields"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split() == ["conv", "1×7×7", "3×3", "1", "1"]
