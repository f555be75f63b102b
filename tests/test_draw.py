"""Diagrams: every layer and every line is there, odd names survive, every format is written."""

from __future__ import annotations

import argparse
import json
import os
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.build import build
from netspec.draw import ENDINGS, digraph, save
from netspec.draw.render import MOST_PIXELS, programs, run
from netspec.language.prototxt.escapes import quote
from netspec.language.prototxt.parse import parse
from netspec.language.tree import Message
from netspec.source import Source
from tools import draw

SVG = "{http://www.w3.org/2000/svg}"
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


@pytest.mark.parametrize(
    ("text", "framed"),
    [
        (RESIDUAL, ["a", "b", "c"]),  # between fork and join, named by what the names share
        (INCEPTION, ["in"]),  # names with a slash; a frame around one box says nothing
        (TWINS, []),
    ],
)
def test_blocks_are_framed(text: str, framed: list[str]) -> None:
    assert frames(digraph(netspec.loads(text)).source) == framed


def test_the_blocks_of_a_spec_win_over_names() -> None:
    """A branch in a block has no frame of its own; a block with a join in it has."""
    tree = parse(Source("net", INCEPTION))
    messages = [f.value for f in tree.each("layer") if isinstance(f.value, Message)]
    join, branch = ("outer", "inner"), ("outer", "inner", "branch")
    for message, block in zip(messages[1:], [join, join, branch, branch, join, ("outer",)]):
        message.block = block
    graph = build(tree)
    assert frames(digraph(graph).source) == ["outer", "inner"]


def test_equal_blocks_are_drawn_once_when_asked() -> None:
    graph = netspec.loads(RESIDUAL)
    source = digraph(graph, collapse=True).source
    box = boxes(source)
    assert frames(source) == ["a … c ×3"]
    assert (box["a"], box["last0"]) in lines(source)
    assert {end for line in lines(source) for end in line} <= {*box.values(), "input0", "output0"}
    opened = 'top: "c_branch2b" convolution_param {'
    unequal = netspec.loads(RESIDUAL.replace(opened, opened + " group: 2"))
    assert frames(digraph(unequal, collapse=True).source) == ["a … b ×2", "c"]


FOLDED = """\
inputs: {data: [1, 8, 6, 6]}
blocks:
  branches:
    with: {out: }
    layers:
      - Concat:
          of:
            - []
            - [BatchNorm, Convolution: {name: ., num_output: =out, kernel_size: 1}, ReLU]
layers:
  - for: {i: 3}
    layers: [branches: {name: "b{i}", out: =4 * i}]
  - InnerProduct: {name: score, num_output: 10}
"""


def test_a_block_as_one_box() -> None:
    graph = netspec.loads(FOLDED, name="net.yaml")
    source = digraph(graph, depth=1).source
    score = boxes(source)["score"]
    chain = ["input0", "block0", "block1", "block2", score, "output0"]
    assert lines(source) == set(pairwise(chain))
    assert source.count("input0 ->") == 1  # however many layers of the block read the value
    assert frames(source) == []
    assert "4 layers · 36 parameters" in source  # 8 * 4 + 4; the statistics are none
    assert re.findall(r'label=" ([^"]*) "', source) == ["12×6×6", "20×6×6", "32×6×6"]


def test_blocks_of_one_form_as_one_box() -> None:
    source = digraph(netspec.loads(FOLDED, name="net.yaml"), depth=1, collapse=True).source
    assert "b1 … b3 ×3" in source
    assert "12 layers · 392 parameters" in source  # 8 * 4 + 4, 12 * 8 + 8, 20 * 12 + 12
    assert ("block0", boxes(source)["score"]) in lines(source)


DEEP = "\n".join([INPUT, *(residual(f"r{i}", f"r{i - 1}" if i else "x") for i in range(9))])


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_columns_stand_in_order_and_lines_go_on_beside(direction: str) -> None:
    drawn = digraph(netspec.loads(DEEP), direction, columns=3)
    box = boxes(drawn.source)
    assert {(box["r2"], "end1"), (box["r5"], "end2")} <= lines(drawn.source)
    assert {("begin1", box["r3_branch2a"]), ("begin1", box["r3"])} <= lines(drawn.source)
    assert len(lines(drawn.source)) == len(lines(digraph(netspec.loads(DEEP)).source)) + 2 + 2
    laid_out = json.loads(run(drawn, "json"))
    places = {each["name"]: each["pos"].split(",") for each in laid_out["objects"] if "pos" in each}
    across = 0 if direction == "TB" else 1
    beside = [float(places[name][across]) for name in ("input0", "begin1", "begin2")]
    assert beside == sorted(beside, reverse=direction == "LR")  # y goes up
    ends = [float(places[name][1 - across]) for name in ("input0", "begin1", "begin2")]
    assert max(ends) - min(ends) < 40


def test_no_columns_where_many_lines_pass() -> None:
    """The first layer is read at the end, so that two boxes have lines across every cut."""
    text = f"{DEEP} {layer('sum', 'Eltwise', 'x r8', 'sum')}"
    assert lines(digraph(netspec.loads(text), columns=4).source) == lines(
        digraph(netspec.loads(text)).source
    )


def test_a_normalisation_of_the_next_block_stays_there() -> None:
    source = digraph(netspec.loads(FOLDED, name="net.yaml")).source
    assert source.count("cluster") == 3
    assert source.count("<b> BatchNorm </b>") == 3  # not chips of the Concat before


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


ODD = [
    '"',
    "<b>&amp;",
    "a\\",
    "\\N\\L",
    "a:b:c",
    "node",
    "]; x",
    "é漢字🙂",
    "$x^2$",
    "a\tb\x01",
    "-->",
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_odd_names_survive(ending: str, tmp_path: Path) -> None:
    text = [f"name: {quote(ODD[0])}", INPUT]
    text += [conv(f"{name}/{i}", "x", f'param {{ name: "{i}" }}') for i, name in enumerate(ODD)]
    path = tmp_path / f"net{ending}"
    save(netspec.loads("\n".join(text)), path)
    assert path.stat().st_size > 1000
    if ending == ".svg":
        shown = [t.text or "" for t in ElementTree.parse(path).iter(f"{SVG}text")]
        for i, name in enumerate(ODD):
            printable = re.sub(r"[\t\x01]", "\N{REPLACEMENT CHARACTER}", name)
            assert f"{printable}/{i}" in shown


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50))
def test_any_name_makes_an_svg(name: str) -> None:
    graph = netspec.loads(f"name: {quote(name)} {INPUT} {conv(name, 'x')}")
    ElementTree.fromstring(run(digraph(graph), "svg"))


def test_texts_of_an_svg_say_how_wide_they_are(tmp_path: Path) -> None:
    save(netspec.loads(RESIDUAL), tmp_path / "net.svg")
    texts = list(ElementTree.parse(tmp_path / "net.svg").iter(f"{SVG}text"))
    assert len(texts) > 20
    assert all(float(text.attrib["textLength"]) > 0 for text in texts)


def test_a_dot_on_the_path_is_the_second_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (bundled,) = programs()
    linked = tmp_path / "dot"
    linked.symlink_to(bundled)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(programs()) == [bundled, str(linked)]
    assert run(digraph(netspec.loads(TWINS)), "svg", by=[str(linked)]).startswith(b"<?xml")


def test_a_dot_that_fails_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    diagram = digraph(netspec.loads(TWINS))
    assert run(diagram, "svg", by=[str(broken), *programs()])
    with pytest.raises(netspec.SpecError, match="D104"):
        run(diagram, "svg", by=[str(broken)])


def test_formats_are_what_they_say(tmp_path: Path) -> None:
    begin = {".png": b"\x89PNG", ".pdf": b"%PDF", ".dot": b"digraph", ".svg": b"<?xml"}
    for ending in ENDINGS:
        path = tmp_path / f"net{ending.upper()}"
        save(netspec.loads(RESIDUAL), path, direction="LR")
        assert path.read_bytes().startswith(begin.get(ending, b"<!DOCTYPE html>"))
    page = (tmp_path / "net.HTML").read_text()
    assert '"a_branch2a"' in page
    assert "http" not in re.sub(r"http://www.w3.org/\S*", "", page)  # it needs nothing else
    assert 'type="search"' in page
    assert "prefers-color-scheme: dark" in page


def test_a_pdf_has_letters_beyond_the_western_ones(tmp_path: Path) -> None:
    save(netspec.loads(INPUT + conv("свёртка", "x")), tmp_path / "net.pdf")
    assert b"DejaVuSans" in (tmp_path / "net.pdf").read_bytes()


@pytest.mark.parametrize(
    ("place", "code"),
    [("net.gif", "D101"), ("net", "D101"), ("", "D102"), ("none/net.svg", "D102")],
)
def test_places_that_are_refused(place: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        save(netspec.loads(TWINS), tmp_path / place)
    assert [d.code for d in refused.value.diagnostics] == [code]
    assert os.listdir(tmp_path) == []


def test_a_large_net_is_drawn_and_its_png_bounded(tmp_path: Path) -> None:
    text = [INPUT, *(conv(f"c{i}", f"c{i - 1}" if i else "x") for i in range(1300))]
    save(netspec.loads("\n".join(text)), tmp_path / "net.png")
    head = (tmp_path / "net.png").read_bytes()[:24]
    assert 0.9 * MOST_PIXELS < int.from_bytes(head[20:24], "big") <= MOST_PIXELS


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, picture = tmp_path / "net.prototxt", tmp_path / "net.dot"
    spec.write_text(RESIDUAL)
    parser = argparse.ArgumentParser()
    draw.arguments(parser)
    words = [str(spec), "-o", str(picture), "--collapse", "--direction", "LR", "--columns", "2"]
    assert draw.run(parser.parse_args([*words, "--shape", "x=4,8,5,5"])) == 0
    assert capsys.readouterr().out == f"{picture}\n"
    source = picture.read_text()
    assert "rankdir=LR" in source
    assert "batch 4" in source
    assert "a … c ×3" in source
