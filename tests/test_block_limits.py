"""Small YAML specs cannot ask for much, short ones say a lot, and none ends in a traceback."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from block_text import DATA, expand, refused
from expanded_blocks import BLOCKS
from expanded_chains import CHAINS
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import Diagnostic, SpecError
from netspec.language.prototxt.write import print_prototxt
from netspec.language.yaml.words import resolve_net
from netspec.layers import FACTS

EXPANDED = CHAINS | BLOCKS


def nested(depth: int, innermost: str) -> str:
    """Blocks that each use the next one twice."""
    blocks = "".join(f"  b{i}: {{layers: [b{i + 1}, b{i + 1}]}}\n" for i in range(depth))
    return f"blocks:\n{blocks}  b{depth}: {{layers: {innermost}}}\nlayers: [b0]\n"


HOSTILE = {
    "loops in loops": "layers: [{for: {i: 9999}, layers: [{for: {j: 9999}, layers: [ReLU]}]}]",
    "loops over nothing": "layers: [{for: {i: 9999999999999}, layers: []}]",
    "doubling blocks": nested(40, "[ReLU]"),
    "doubling blocks without layers": nested(40, "[]"),
    "deep blocks": nested(60, "[]"),
    "doubling messages": "with:\n  s0: {a: 1}\n"
    + "".join(f"  s{i + 1}: {{a: =s{i}, b: =s{i}}}\n" for i in range(40))
    + "layers: [ReLU: {relu_param: =s40}]",
    "doubling bodies": "with:\n  s0: []\n"
    + "".join(f"  s{i + 1}: [=s{i}, =s{i}]\n" for i in range(40))
    + "layers: =s40",
    "too many layers": "layers: [" + "ReLU, " * 20_001 + "]",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_small_file_cannot_ask_for_much(case: str) -> None:
    began = time.process_time()
    assert {d.code for d in refused(HOSTILE[case])} == {"N156"}
    assert time.process_time() - began < 30


def test_a_message_in_a_message_without_end() -> None:
    text = "with:\n  s0: {a: 1}\n" + "".join(f"  s{i + 1}: {{a: =s{i}}}\n" for i in range(120))
    assert [d.code for d in refused(text + "layers: [ReLU: {relu_param: =s120}]")] == ["N135"]


def test_a_net_of_twenty_thousand_layers_is_allowed() -> None:
    net = expand("layers: [{for: {i: 19999}, layers: [ReLU]}]")
    assert len(net.fields) == 19_999


def test_specs_are_as_short_as_the_papers_tables() -> None:
    specs = Path(__file__).parent.parent / "specs"
    blocks = (specs / "resnet" / "published.yaml").read_text().splitlines()
    resnet = (specs / "resnet" / "resnet-152.yaml").read_text().splitlines()
    inception = (specs / "bn-inception" / "bn-inception.yaml").read_text().splitlines()
    written = [line for line in blocks + resnet if line and not line.startswith("#")]
    assert len(written) <= 60
    assert len(inception) <= 80


PIECES = [
    "=",
    "{",
    "}",
    "[",
    "]",
    ": ",
    ", ",
    "- ",
    "\n",
    "for",
    "of",
    "when",
    "name",
    "layers",
    "=i",
]
PIECES += ["..", "../", "/", ".", "~", "1", "-1", "'", '"', "# c\n", "=body", "{i}", "ReLU", "conv"]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(EXPANDED)), st.data())
def test_no_text_ends_in_a_traceback(case: str, data: st.DataObject) -> None:
    text = DATA + EXPANDED[case][0]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 6))
        text = text[:at] + data.draw(st.sampled_from(["", *PIECES])) + text[at + cut :]
    found: list[Diagnostic] = []
    try:
        print_prototxt(resolve_net(expand(text), FACTS))
    except SpecError as error:
        found = error.diagnostics or [Diagnostic("", "nothing is said")]
    assert all(d.span is not None and d.render() for d in found)
