"""Cuts of nets, held against every cut there is and against networkx's dominators."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.analysis.cuts import Cut, frontiers, narrowest_cut, profile
from netspec.analysis.flow import Flow, flow_to, flows
from netspec.graph import Graph, Value

LAYER = 'layer {{ name: "{top}" type: "{type}" {bottoms} {tops} {settings} }}'


def layer(type: str, bottoms: list[str], tops: list[str], settings: str = "") -> str:
    read = " ".join(f'bottom: "{b}"' for b in bottoms)
    made = " ".join(f'top: "{t}"' for t in tops)
    return LAYER.format(top=tops[0], type=type, bottoms=read, tops=made, settings=settings)


@st.composite
def nets(draw: st.DrawFn) -> str:
    """Nets of a few layers that branch, join, cut and pass on; the last layer is `end`."""
    widths: dict[str, int] = {}
    lines = []
    for i in range(draw(st.integers(1, 2))):
        widths[f"data{i}"] = draw(st.integers(1, 9))
        shape = f"input_param {{ shape {{ dim: 1 dim: {widths[f'data{i}']} }} }}"
        lines.append(layer("Input", [], [f"data{i}"], shape))
    for i in range(draw(st.integers(1, 6))):
        read = draw(st.lists(st.sampled_from(sorted(widths)), min_size=1, max_size=3, unique=True))
        kind = draw(st.sampled_from(["InnerProduct", "InnerProduct", "Concat", "ReLU", "Slice"]))
        if kind == "Concat":
            widths[f"b{i}"] = sum(widths[b] for b in read)
            lines.append(layer("Concat", read, [f"b{i}"]))
        elif kind == "ReLU":
            widths[f"b{i}"] = widths[read[0]]
            lines.append(layer("ReLU", read[:1], [f"b{i}"]))
        elif kind == "Slice" and widths[read[0]] > 1:
            first = draw(st.integers(1, widths[read[0]] - 1))
            widths |= {f"b{i}": first, f"c{i}": widths[read[0]] - first}
            cut = f"slice_param {{ slice_point: {first} }}"
            lines.append(layer("Slice", read[:1], [f"b{i}", f"c{i}"], cut))
        else:
            widths[f"b{i}"] = draw(st.integers(1, 9))
            lines.append(dense(read[0], f"b{i}", widths[f"b{i}"]))
    read = draw(st.lists(st.sampled_from(sorted(widths)), min_size=1, max_size=4, unique=True))
    return "\n".join([*lines, layer("Concat", read, ["all"]), dense("all", "end", 2)])


def dense(bottom: str, top: str, width: int) -> str:
    return layer("InnerProduct", [bottom], [top], f"inner_product_param {{ num_output: {width} }}")


def separates(graph: Graph, end: Value, values: set[Value]) -> bool:
    """Whether no way leads from an input to the end but through one of the values."""
    open = {end} - values
    for node in reversed(graph.nodes):
        if any(value in open for value in node.values):
            if node.layer.makes_data:
                return False
            open.update(b for b in node.bottoms if b not in values)
    return True


def every_cut(graph: Graph, end: Value) -> Iterator[int]:
    """The elements of every cut, found by trying all sets of values."""
    values = [value for node in graph.nodes for value in node.values if value != end]
    for size in range(1, len(values) + 1):
        for chosen in combinations(values, size):
            if separates(graph, end, set(chosen)):
                yield sum(math.prod(value.shape) for value in chosen)


def end_of(graph: Graph) -> Value:
    return graph.blobs["end"]


@given(nets())
def test_the_narrowest_cut_is_the_least_of_all(text: str) -> None:
    graph = netspec.loads(text)
    cut = narrowest_cut(graph, "end")
    assert separates(graph, end_of(graph), set(cut.values))
    assert cut.elements == sum(math.prod(v.shape) for v in cut.values)
    assert cut.elements == min(every_cut(graph, end_of(graph)))


@given(nets())
def test_profiles_and_frontiers_are_cuts(text: str) -> None:
    graph = netspec.loads(text)
    for cut in (*profile(graph, "end"), *frontiers(flow_to(graph, "end"))):
        assert separates(graph, end_of(graph), set(cut.values)), cut


@given(nets())
def test_the_values_alone_are_the_dominators(text: str) -> None:
    graph = netspec.loads(text)
    flow = flow_to(graph, "end")
    above = {value: parents or ("inputs",) for value, parents in flow.parents.items()}
    net = networkx.DiGraph((p, value) for value, parents in above.items() for p in parents)
    nearest = networkx.immediate_dominators(net, "inputs")
    found = [flow.end]
    while nearest[found[0]] != "inputs":
        found.insert(0, nearest[found[0]])
    assert [cut.last for cut in profile(graph, "end") if cut.alone] == found
    assert [cut.last for cut in frontiers(flow) if cut.alone] == found


def only(text: str, **given: object) -> tuple[Flow, ...]:
    return flows(netspec.loads(text, name="net.yaml", **given))


def story(graph: Graph, output: str) -> list[tuple[str, int]]:
    return [(" ".join(v.blob for v in cut.values), cut.elements) for cut in profile(graph, output)]


HEAD = "inputs: {data: [4, 3, 8, 8]}\nlayers:\n"
CONV = "  - Convolution: {{name: {0}, bottom: {1}, num_output: {2}, kernel_size: 3, pad: 1}}\n"


def conv(name: str, bottom: str, filters: int) -> str:
    return CONV.format(name, bottom, filters)


STORIES = {
    "a chain, counted for one image of four": (
        HEAD + conv("a", "data", 2) + "  - ReLU\n  - BatchNorm\n" + conv("end", "a", 5),
        [("data", 192), ("a", 128), ("end", 320)],
    ),
    "parallel reductions are one cut": (
        HEAD
        + conv("a", "data", 1)
        + conv("b", "data", 2)
        + conv("c", "a", 8)
        + "  - Concat: {name: end, bottom: [c, b]}\n",
        [("data", 192), ("a b", 192), ("end", 640)],
    ),
    "capacity goes around by a shortcut": (
        HEAD + conv("a", "data", 1) + conv("b", "a", 3)
        + "  - Eltwise: {name: end, bottom: [b, data]}\n",
        [("data", 192), ("end", 192)],
    ),
    "only the size of a Crop's second bottom is read": (
        HEAD
        + conv("a", "data", 1)
        + "  - Convolution: {name: b, num_output: 3, kernel_size: 1, pad: 2}\n"
        + "  - Crop: {name: end, bottom: [b, data]}\n",
        [("data", 192), ("a", 64), ("b", 432), ("end", 192)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_profiles(name: str) -> None:
    text, told = STORIES[name]
    assert story(netspec.loads(text, name="net.yaml"), "end") == told


def test_what_passes_on_is_one_value_with_its_bottom() -> None:
    (flow,) = only(
        HEAD + conv("a", "data", 2) + "  - ReLU: {name: r, top: r}\n"
        "  - Split: {name: s, top: [x, y]}\n"
        "  - Silence: {bottom: y}\n"
        "  - Flatten: {name: f, bottom: x}\n  - InnerProduct: {name: end, num_output: 9}\n"
    )  # fmt: skip
    assert [value.blob for step in flow.steps for value in step] == ["data", "a", "end"]
    assert flow.passed_on[next(v for v in flow.passed_on if v.blob == "f")].blob == "a"


LOSSES = (
    "inputs: {data: [2, 3, 8, 8], label: [2], other: [2, 5]}\nlayers:\n"
    + conv("a", "data", 2)
    + "  - InnerProduct: {name: aux, bottom: a, num_output: 5}\n"
    + "  - SoftmaxWithLoss: {name: loss1, bottom: [aux, label]}\n"
    + conv("b", "a", 2)
    + "  - InnerProduct: {name: score, num_output: 5}\n"
    + "  - InnerProduct: {name: extra, bottom: other, num_output: 2}\n"
    + "  - Concat: {name: both, bottom: [score, extra]}\n"
    + "  - SoftmaxWithLoss: {name: loss, bottom: [both, label]}\n"
    + "  - Accuracy: {name: accuracy, bottom: [both, label]}\n"
    + "  - Softmax: {name: prob, bottom: both}\n"
)


def test_each_prediction_is_an_end_and_labels_are_none() -> None:
    first, second = only(LOSSES)
    assert [first.end.blob, second.end.blob] == ["aux", "both"]
    assert [v.blob for v in first.steps[0]] == ["data"]
    assert [v.blob for v in second.steps[0]] == ["data", "other"]


def test_a_cut_of_several_inputs_has_all_of_them() -> None:
    graph = netspec.loads(LOSSES, name="net.yaml")
    assert story(graph, "both") == [("score extra", 7), ("both", 7)]
    assert isinstance(narrowest_cut(graph, "both"), Cut)


def test_what_no_input_reaches_has_no_cut() -> None:
    graph = netspec.loads(
        "inputs: {data: [1, 2]}\nlayers:\n  - Parameter: {name: p, shape: {dim: 3}}\n"
        "  - Silence: {bottom: data}\n",
        name="net.yaml",
    )
    with pytest.raises(KeyError):
        narrowest_cut(graph, "p")
    assert flows(graph) == ()
