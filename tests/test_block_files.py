"""Blocks that come from other files."""

from __future__ import annotations

from block_text import expand, lines, refused

from netspec.language.tree import Message

FILES = {
    "shared/act.yaml": """\
with: {slope: 0.5}
blocks: {act: {layers: [ReLU: {negative_slope: =slope}]}}
""",
    "shared/conv.yaml": """\
use: act.yaml
blocks: {conv: {layers: [Convolution, act]}}
layers: [TanH]
""",
}


def test_blocks_of_other_files() -> None:
    net = expand("use: [../shared/conv.yaml]\nlayers: [conv]", FILES, "nets/net.yaml")
    assert lines(net) == [
        "conv/conv = Convolution()",
        "conv/act/relu = ReLU(conv/conv) relu_param { negative_slope: 0.5 }",
    ]
    slope = list(net.each("layer"))[1].value
    assert isinstance(slope, Message)
    assert str(slope.span) == "shared/act.yaml:2:25"


def test_blocks_do_not_come_through_a_file() -> None:
    (fault,) = refused("use: [shared/conv.yaml]\nlayers: [conv, act]", FILES)
    assert (fault.code, fault.span and fault.span.text) == ("N140", "act")


def test_a_block_is_defined_once() -> None:
    text = "use: [shared/act.yaml, shared/conv.yaml]\nblocks: {act: {layers: []}}\nlayers: [act]"
    (fault,) = refused(text, FILES)
    assert (fault.code, str(fault.span)) == ("N144", "net.yaml:2:10")
    assert [str(note.span) for note in fault.notes] == ["shared/act.yaml:2:10"]


def test_a_fault_in_a_file_says_who_uses_it() -> None:
    files = {
        "a.yaml": "use: b.yaml\nblocks: {a: {layers: [b]}}",
        "b.yaml": "blocks: {b: {layers: [",
    }
    (fault,) = refused("use: a.yaml\nlayers: [a]", files)
    assert (fault.code, fault.span and fault.span.source.name) == ("N130", "b.yaml")
    assert [str(note.span) for note in fault.notes if "used here" in note.message] == ["a.yaml:1:6"]


def test_files_that_use_each_other() -> None:
    files = {"a.yaml": "use: b.yaml\nblocks: {}", "b.yaml": "use: net.yaml\nblocks: {}"}
    (fault,) = refused("use: a.yaml\nlayers: []", files)
    assert fault.code == "N149"
    assert "net.yaml uses a.yaml uses b.yaml uses net.yaml" in fault.message
