"""Nets to draw, and what is read off the DOT text of a diagram."""

from __future__ import annotations

import re

from netspec.language.prototxt.escapes import quote

INPUT = 'layer { name: "data" type: "Input" top: "x" input_param { shape { dim: [2, 8, 6, 6] } } }'


def layer(name: str, type: str, bottom: str, top: str, rest: str = "") -> str:
    bottoms = " ".join(f"bottom: {quote(b)}" for b in bottom.split())
    return f'layer {{ name: {quote(name)} type: "{type}" {bottoms} top: {quote(top)} {rest} }}'


def conv(name: str, bottom: str, rest: str = "", outputs: int = 8) -> str:
    setting = f"convolution_param {{ num_output: {outputs} kernel_size: 1 }} {rest}"
    return layer(name, "Convolution", bottom, name, setting)


def in_place(blob: str, *types: str) -> str:
    return "\n".join(layer(f"{blob}_{type.lower()}", type, blob, blob) for type in types)


def residual(name: str, bottom: str) -> str:
    """A block of two convolutions and the way around them."""
    one, two = f"{name}_branch2a", f"{name}_branch2b"
    return "\n".join(
        [
            conv(one, bottom),
            in_place(one, "BatchNorm", "Scale", "ReLU"),
            conv(two, one),
            in_place(two, "BatchNorm", "Scale"),
            layer(name, "Eltwise", f"{bottom} {two}", name),
            in_place(name, "ReLU"),
        ]
    )


RESIDUAL = "\n".join(
    [INPUT, conv("first", "x"), residual("a", "first"), residual("b", "a"), residual("c", "b")]
    + [conv(f"last{i}", "c" if i == 0 else f"last{i - 1}") for i in range(6)]
)
INCEPTION = "\n".join(
    [
        INPUT,
        conv("in/one", "x"),
        in_place("in/one", "ReLU"),
        conv("in/two", "x"),
        conv("in/three", "in/two"),
        layer("in/out", "Concat", "in/one in/three", "y"),
        conv("alone/conv", "y"),
    ]
)
TWINS = "\n".join(
    [
        INPUT,
        INPUT.replace("data", "other").replace('"x"', '"z"'),
        conv("left", "x", 'param { name: "w" } param { name: "b" }'),
        conv("right", "z", 'param { name: "w" } param { name: "b" }'),
        conv("join", "left"),
        layer("sum", "Eltwise", "right join", "sum"),
    ]
)
TRAINED = "\n".join(
    [
        'layer { name: "source" type: "DummyData" top: "x" top: "label" dummy_data_param {'
        " shape { dim: [2, 8, 6, 6] } shape { dim: 2 } } }",
        layer("fc", "InnerProduct", "x", "fc", "inner_product_param { num_output: 3 }"),
        layer("drop", "Dropout", "fc", "fc"),
        layer("loss", "SoftmaxWithLoss", "fc label", "loss"),
        layer("accuracy", "Accuracy", "fc label", "accuracy"),
    ]
)
NETS = {"residual": RESIDUAL, "inception": INCEPTION, "twins": TWINS, "trained": TRAINED}


def boxes(source: str) -> dict[str, str]:
    """Layer name ▶ the box that it stands in, read off the tooltips."""
    found = re.findall(r'^\t*(layer\d+) \[.*tooltip="([^"]*)"', source, re.MULTILINE)
    return {line.split(": ")[0]: box for box, tip in found for line in tip.split(" | ")}


def lines(source: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^\t*(\w+) -> (\w+)", source, re.MULTILINE))


def frames(source: str) -> list[str]:
    """The names of the blocks, in the order of the source."""
    labels = re.findall(r"subgraph cluster\d+ \{\n.*?label=<(.*?)> labeljust", source)
    return [re.sub("<[^>]*>", "", label) for label in labels]
