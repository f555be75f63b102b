"""Nets against nets: what differs is told, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netspec
from netspec.difference import Difference, difference
from tools.__main__ import main

ROOT = Path(__file__).parents[1]
NET = """\
name: "small"
layer {
  name: "data" type: "Input" top: "data"
  input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } }
}
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 } param { lr_mult: 2 }
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "gaussian" std: 0.1 } }
}
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { kernel_size: 2 stride: 2 }
}
layer {
  name: "fc" type: "InnerProduct" bottom: "pool1" top: "fc"
  inner_product_param { num_output: 5 }
}
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
layer { name: "drop" type: "Dropout" bottom: "prob" top: "prob" include { phase: TRAIN } }
"""


def between(text: str) -> Difference:
    return difference(netspec.loads(NET), netspec.loads(text))


CHANGES = [
    ('name: "small"', 'name: "big"', [], [("name", "small", "big")]),
    ("std: 0.1", "std: 0.2", [("setting", "weight_filler.std", "0.1", "0.2")], []),
    ("lr_mult: 1", "lr_mult: 0", [("setting", "param 0 lr_mult", "1", "0")], []),
    ("param { lr_mult: 1 }", "param {}", [], []),
    (
        "num_output: 5",
        "num_output: 6",
        [
            ("setting", "num_output", "5", "6"),
            ("shape", "top fc", "2 x 5", "2 x 6"),
            ("weight", "weight", "5 x 36", "6 x 36"),
            ("weight", "bias", "5", "6"),
        ],
        [],
    ),
    (
        "stride: 2",
        "stride: 1",
        [
            ("setting", "stride", "2", "1"),
            ("shape", "top pool1", "2 x 4 x 3 x 3", "2 x 4 x 5 x 5"),
            ("weight", "weight", "5 x 36", "5 x 100"),
        ],
        [],
    ),
    (
        'type: "Softmax"',
        'type: "Sigmoid"',
        [("setting", "type", "Softmax", "Sigmoid")],
        [],
    ),
    (
        'name: "fc" type: "InnerProduct" bottom: "pool1"',
        'name: "fc" type: "InnerProduct" bottom: "conv1"',
        [
            ("wiring", "bottom 0", "pool1", "conv1 of relu1"),
            ("weight", "weight", "5 x 36", "5 x 144"),
        ],
        [],
    ),
    ("stride: 2", "stride: 2 pool: MAX", [], []),
    ("# nothing", "", [], []),
]


@pytest.mark.parametrize(("old", "new", "changes", "of_net"), CHANGES)
def test_a_change_is_told_as_it_is_written(
    old: str, new: str, changes: list[tuple[str, ...]], of_net: list[tuple[str, ...]]
) -> None:
    found = between(NET.replace(old, new, 1))
    told = [(c.kind, c.what, c.a, c.b) for la in found.layers for c in la.changes if not c.follows]
    assert told == changes
    assert [(c.what, c.a, c.b) for c in found.net] == of_net
    assert not found.only_a
    assert not found.only_b
    assert bool(found) == bool(changes or of_net)


@pytest.mark.parametrize(
    ("old", "new", "renamed"),
    [
        ('name: "conv1"', 'name: "first"', [("conv1", "first")]),
        ('name: "relu1"', 'name: "r"', [("relu1", "r")]),
        ('"fc"', '"score"', [("fc", "score")]),
        ('"pool1"', '"p"', [("pool1", "p")]),
    ],
)
def test_a_renamed_layer_is_recognised(old: str, new: str, renamed: list[tuple[str, str]]) -> None:
    found = between(NET.replace(old, new))
    assert not found.only_a
    assert not found.only_b
    assert [(la.a.name, la.b.name) for la in found.layers if la.renamed] == renamed
    assert all(c.what == "top 0" for la in found.layers for c in la.changes)


def test_a_layer_with_parameters_is_recognised_behind_a_new_one() -> None:
    norm = 'layer { name: "norm" type: "LRN" bottom: "pool1" top: "norm" }\n'
    text = NET.replace('layer {\n  name: "fc"', norm + 'layer {\n  name: "score"')
    found = between(text.replace('bottom: "pool1" top: "fc"', 'bottom: "norm" top: "fc"'))
    assert [n.name for n in found.only_b] == ["norm"]
    assert not found.only_a
    assert [(la.a.name, la.b.name) for la in found.layers if la.renamed] == [("fc", "score")]
    assert [(c.what, c.a, c.b) for la in found.layers for c in la.changes] == [
        ("bottom 0", "pool1", "norm")
    ]


def test_a_layer_without_parameters_is_no_other_in_another_place() -> None:
    moved = NET.replace('layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }\n', "")
    moved += 'layer { name: "late" type: "ReLU" bottom: "fc" top: "late" }\n'
    found = between(moved)
    assert [node.name for node in found.only_a] == ["relu1"]
    assert [node.name for node in found.only_b] == ["late"]


def test_what_follows_is_counted_apart() -> None:
    found = between(NET.replace("dim: 2", "dim: 4"))
    own = [la.a.name for la in found.layers if any(not c.follows for c in la.changes)]
    assert own == ["data"]
    assert len(found.layers) == 6


def test_shared_parameters_differ() -> None:
    two = NET + NET[NET.index('layer {\n  name: "fc"') : NET.index('layer { name: "prob"')].replace(
        '"fc"', '"fc2"'
    )
    apart = netspec.loads(two)
    named = two.replace("inner_product_param {", 'param { name: "w" } inner_product_param {')
    changes = [
        (la.a.name, c.what, c.a, c.b)
        for la in difference(apart, netspec.loads(named)).layers
        for c in la.changes
        if c.kind == "weight"
    ]
    assert changes == [("fc2", "weight shared with", "none", "fc")]


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("lenet*.yaml")), ids=str)
def test_a_net_equals_itself(path: Path) -> None:
    assert not difference(netspec.load(path), netspec.load(path))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.prototxt").write_text(NET)
    (tmp_path / "b.prototxt").write_text(NET.replace("num_output: 4", "num_output: 8"))
    (tmp_path / "wrong.prototxt").write_text(NET.replace("kernel_size", "kernel_sze"))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["a.prototxt", "a.prototxt"], 0, "equal: 6 layers\n"),
        (["a.prototxt"], 1, "- drop (Dropout)\n"),
        (["a.prototxt", "--between", "TEST", "TEST,deploy,level=1"], 0, "equal: 6 layers\n"),
        (["a.prototxt", "a.prototxt", "--between", "TEST", "TRAIN"], 1, "+ drop (Dropout)\n"),
        (["a.prototxt", "wrong.prototxt"], 2, ""),
        (["a.prototxt", "nowhere.prototxt"], 2, ""),
        (
            ["a.prototxt", "b.prototxt"],
            1,
            "~ conv1 (Convolution)\n"
            "    num_output: 4 -> 8\n"
            "    top conv1: 2 x 4 x 6 x 6 -> 2 x 8 x 6 x 6\n"
            "    weight: 4 x 3 x 3 x 3 -> 8 x 3 x 3 x 3\n"
            "    bias: 4 -> 8\n"
            "~ fc (InnerProduct)\n"
            "    weight: 5 x 36 -> 5 x 72\n"
            "  and the shapes of 2 layers that follow from these\n",
        ),
    ],
)
def test_the_command(
    words: list[str], code: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *words]) == code
    assert capsys.readouterr().out == said


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "a.prototxt", "b.prototxt", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["equal"]
    assert told["layers"][0]["changes"][0] == {
        "kind": "setting",
        "what": "num_output",
        "a": "4",
        "b": "8",
    }
    assert [la["a"] for la in told["layers"]] == ["conv1", "relu1", "pool1", "fc"]
