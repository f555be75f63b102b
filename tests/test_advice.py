"""What the design principles say of the zoo: of GoogLeNet what the paper says, of its successor
nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_case import LAYERS, cases

import netspec
from netspec.analysis.advice import advice
from netspec.analysis.bottlenecks import bottlenecks
from netspec.analysis.finding import Principle

SPECS = Path(__file__).parents[1] / "specs"
MODULES = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]
GOOGLENET = {
    *(("A140", f"inception_{module}/5x5") for module in MODULES),
    ("A102", "pool3/3x3_s2"),
    ("A102", "pool4/3x3_s2"),
    ("A110", "inception_5a/3x3"),
    ("A130", "conv2/3x3"),
    ("A141", "pool1/norm1"),
}
ZOO: dict[str, set[tuple[str, str]]] = {
    "googlenet/googlenet": GOOGLENET,
    "inception-v3/inception-v3": set(),
    "bn-inception/bn-inception": set(),
    "resnet/resnet-50": set(),
    "resnet/resnet-101": set(),
    "resnet/resnet-152": set(),
    "resnext/resnext-50-32x4d": set(),
    "resnet/resnet-18": {
        ("A120", name) for name in ("res5/1/body/b", "res5/2/body/a", "res5/2/body/b")
    },
    "alexnet/alexnet": {("A101", "pool1"), ("A102", "pool2"), ("A141", "norm1")},
    "vgg/vgg-16": {
        ("A110", "conv5_1"),
        *(("A120", f"conv{name}") for name in ("4_2", "4_3", "5_1", "5_2", "5_3")),
    },
    "lenet/lenet": {("A140", "conv2")},
}


@pytest.mark.parametrize("spec", ZOO)
def test_the_zoo(spec: str) -> None:
    graph = netspec.load(SPECS / f"{spec}.yaml")
    assert {(found.code, found.node.name) for found in advice(graph)} == ZOO[spec]


def test_in_training_the_auxiliary_heads_count() -> None:
    found = advice(netspec.load(SPECS / "googlenet/googlenet.yaml", phase="TRAIN"))
    heads = {(f.code, f.node.name) for f in found} - GOOGLENET
    assert heads == {("A142", "loss1/ave_pool"), ("A142", "loss2/ave_pool")}
    lower, upper = (f.message for f in found if f.code == "A142")
    assert lower.endswith("is the lower of two")
    assert upper.endswith("has no batch normalisation")
    assert netspec.load(SPECS / "inception-v3/inception-v3.yaml", phase="TRAIN").nodes
    assert not advice(netspec.load(SPECS / "inception-v3/inception-v3.yaml", phase="TRAIN"))


def test_the_figures_are_those_of_the_net() -> None:
    found = {f.node.name: f for f in advice(netspec.load(SPECS / "googlenet/googlenet.yaml"))}
    pool = found["pool3/3x3_s2"]
    assert pool.principle is Principle.BOTTLENECKS
    assert (pool.figure("elements"), pool.figure("drop")) == (480 * 14 * 14, 4)
    assert pool.figure("arriving") == 192 * 28 * 28
    assert pool.figure("following") == 832 * 14 * 14
    five = found["inception_3b/5x5"]
    assert five.figure("macs") == 25 * 32 * 96 * 28 * 28
    assert five.figure("stacked") == 9 * (32 * 32 + 32 * 96) * 28 * 28
    assert found["inception_5a/3x3"].figure("growth") == 1024 / 832
    conv2 = found["conv2/3x3"]
    assert conv2.figure("macs") == 64 * 192 * 9 * 56 * 56
    assert 0.21 < conv2.figure("share") < 0.23


def test_a_stack_is_as_narrow_between_as_the_narrower_of_its_ends() -> None:
    text = HEAD + conv("wide", "data", 64) + conv("large", "wide", 16, kernel=5) + END
    graph = netspec.loads(text, name="net.yaml")
    (found,) = (f for f in advice(graph) if f.code == "A140")
    assert found.figure("stacked") == 2 * 9 * (64 * 16 + 16 * 16) * 32 * 32


def test_a_finding_points_at_the_line_that_makes_it_narrow() -> None:
    found = bottlenecks(netspec.load(SPECS / "googlenet/googlenet.yaml"))
    for finding in found:
        assert finding.diagnostic.severity == "advice"
        assert finding.node.span is not None
        assert finding.node.name in finding.node.span.source.line(finding.node.span.line)


HEAD = "inputs: {data: [2, 3, 32, 32], label: [2]}\nlayers:\n"
CONV = "  - Convolution: {{name: {0}, bottom: {1}, num_output: {2}, kernel_size: {3}, pad: {4}}}\n"
END = "  - InnerProduct: {name: fc, num_output: 10}\n"


def conv(name: str, bottom: str, filters: int, kernel: int = 3) -> str:
    return CONV.format(name, bottom, filters, kernel, kernel // 2)


def dense(name: str, bottom: str, outputs: int) -> str:
    return f"  - InnerProduct: {{name: {name}, bottom: {bottom}, num_output: {outputs}}}\n"


SHAPES = {
    "a funnel": (conv("a", "data", 8) + conv("b", "a", 4) + END, set()),
    "a waist": (conv("a", "data", 8) + conv("b", "a", 1) + conv("c", "b", 8) + END, {"b"}),
    "the narrowest of a waist": (
        conv("a", "data", 16) + conv("b", "a", 1)
        + "  - Pooling: {name: p, kernel_size: 2, stride: 2}\n"
        + conv("c", "p", 64) + END,
        {"p"},
    ),
    "a shortcut leads around it": (
        conv("a", "data", 8) + conv("b", "a", 1) + conv("c", "b", 8)
        + "  - Eltwise: {name: sum, bottom: [a, c]}\n" + conv("d", "sum", 8) + END,
        set(),
    ),
    "reductions side by side pass their sum": (
        conv("a", "data", 8) + conv("b1", "a", 4, 1) + conv("b2", "a", 4, 1)
        + conv("c1", "b1", 8) + conv("c2", "b2", 8)
        + "  - Concat: {name: join, bottom: [c1, c2]}\n" + END,
        set(),
    ),
    "too few of them do not": (
        dense("a", "data", 100) + dense("b1", "a", 10) + dense("b2", "a", 10)
        + dense("c1", "b1", 90) + dense("c2", "b2", 90)
        + "  - Concat: {name: join, bottom: [c1, c2]}\n" + END,
        {"b1", "b2"},
    ),
    "scores that are resampled are the target": (
        conv("a", "data", 8) + "  - Pooling: {name: p, kernel_size: 8, stride: 8, pool: AVE}\n"
        "  - Convolution: {name: score, num_output: 5, kernel_size: 1}\n"
        "  - Deconvolution: {name: up, num_output: 5, kernel_size: 8, stride: 8}\n"
        "  - SoftmaxWithLoss: {name: loss, bottom: [up, map]}\n",
        set(),
    ),
    "an image's code, as of an autoencoder": (
        conv("a", "data", 8) + "  - InnerProduct: {name: code, num_output: 16}\n"
        "  - InnerProduct: {name: back, num_output: 3072}\n"
        "  - Reshape: {name: image, shape: {dim: [0, 3, 32, 32]}}\n" + conv("out", "image", 3)
        + "  - EuclideanLoss: {name: loss, bottom: [out, data]}\n",
        {"code"},
    ),
    "a classifier may widen after global pooling": (
        conv("a", "data", 8) + "  - Pooling: {name: p, global_pooling: true, pool: AVE}\n"
        "  - InnerProduct: {name: wide, num_output: 400}\n" + END,
        set(),
    ),
    "drops as sharp as the net's own trend": (
        conv("a", "data", 3) + "  - Pooling: {name: p, kernel_size: 2, stride: 2}\n"
        + conv("b", "p", 4) + "  - Pooling: {name: q, kernel_size: 2, stride: 2}\n"
        + conv("c", "q", 5) + "  - Pooling: {name: r, kernel_size: 2, stride: 2}\n"
        + conv("d", "r", 6) + END,
        set(),
    ),
    "of a label little passes": (
        "  - InnerProduct: {name: fc, bottom: data, num_output: 10}\n"
        "  - SoftmaxWithLoss: {name: loss, bottom: [fc, label]}\n",
        set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_bottlenecks_of(name: str) -> None:
    text, narrow = SHAPES[name]
    head = HEAD.replace(
        "label: [2]", "label: [2], map: [2, 1, 32, 32]" if "map]" in text else "label: [2]"
    )
    graph = netspec.loads(head + text, name="net.yaml", phase="TRAIN")
    assert {node.name for f in bottlenecks(graph) for node in f.nodes} == narrow


TWO = """\
inputs: {image: [2, 3, 32, 32], words: [2, 20]}
layers:
  - Convolution: {name: squeeze, bottom: image, num_output: 1, kernel_size: 3, pad: 1}
  - Convolution: {name: conv, num_output: 16, kernel_size: 3}
  - InnerProduct: {name: seen, num_output: 40}
  - InnerProduct: {name: read, bottom: words, num_output: 8}
  - Concat: {name: both, bottom: [seen, read]}
  - InnerProduct: {name: score, num_output: 10}
"""


def test_of_several_inputs_each_is_looked_at_until_they_join() -> None:
    (found,) = bottlenecks(netspec.loads(TWO, name="net.yaml"))
    assert found.node.name == "squeeze"
    assert found.message == "all of image that reaches score passes 1,024 elements in squeeze"
    assert found.figure("following") == 16 * 30 * 30


def test_steps_and_features_are_no_grid() -> None:
    steps = "".join(
        f"  - InnerProduct: {{name: fc{n}, num_output: {n}, axis: 2}}\n" for n in (100, 30, 40, 5)
    )
    graph = netspec.loads(f"inputs: {{data: [7, 2, 64]}}\nlayers:\n{steps}", name="net.yaml")
    assert bottlenecks(graph) == ()


def test_a_long_net_takes_no_longer_than_its_length() -> None:
    layers = "".join(f"  - InnerProduct: {{num_output: {10 + i % 3}}}\n" for i in range(2000))
    graph = netspec.loads(f"inputs: {{data: [1, 9]}}\nlayers:\n{layers}", name="net.yaml")
    assert bottlenecks(graph) == ()


def test_nets_of_all_shapes_are_looked_at() -> None:
    """Axes of any number and order, scalars, empty batches: advice may have nothing to say."""
    for name in cases():
        for finding in advice(netspec.load(LAYERS / f"{name}.prototxt", phase="TRAIN")):
            assert finding.diagnostic.message
