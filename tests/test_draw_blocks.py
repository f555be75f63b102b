"""Diagrams: blocks in frames or as boxes, repeats, columns."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from drawn import INCEPTION, INPUT, RESIDUAL, TWINS, boxes, frames, layer, lines, residual

import netspec
from netspec.build import build
from netspec.draw import digraph
from netspec.draw.render import run
from netspec.language.prototxt.parse import parse
from netspec.language.tree import Message
from netspec.source import Source


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
