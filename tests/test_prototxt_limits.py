"""Any text at all is read or refused, in bounded time, and never with anything but a SpecError."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prototxt_text import faults, place

from netspec.language.prototxt.recovery import MAX_FAULTS
from netspec.language.prototxt.tokens import MAX_TOKENS
from netspec.language.read import MAX_BYTES

SEED = """\
name: "net"  # comment
layer {
  name: 'a' type: "b" "c\\n\\x41"
  dim: [1, -2, 0x1F, 1e-3f] p: [{ x: MAX }, < y: -inf >];
  [a.b/c]: { }
}
"""
PIECES = [
    "{",
    "}",
    "<",
    ">",
    "[",
    "]",
    ":",
    ",",
    ";",
    '"',
    "'",
    "\\",
    "#",
    "\n",
    "-",
    ".",
    "/",
    "//",
    "{{",
    "$",
    "1",
    "0x",
    "a",
    " ",
    "é",
    "\0",
    "\udc80",
]
EDITS = st.lists(
    st.tuples(st.integers(0, len(SEED)), st.integers(0, 6), st.sampled_from(["", *PIECES])),
    max_size=6,
)


@given(EDITS)
@settings(deadline=2000, max_examples=400)
def test_any_edit_is_read_or_refused(edits: list[tuple[int, int, str]]) -> None:
    text = SEED
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    found = faults(text)
    assert len(found) <= MAX_FAULTS
    assert len({place(diagnostic) for diagnostic in found}) == len(found)
    for diagnostic in found:
        assert diagnostic.span is not None
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.render()


GARBAGE_BYTES = 1 << 16
GARBAGE = [
    "@",
    "@\n",
    "{",
    "a{",
    "}",
    "[",
    '"',
    "'\n",
    "a ",
    "a\n",
    "a:",
    "a: 1 ",
    "a:[",
    "//\n",
    "/*",
    "\\",
    "<a>",
    "é ",
    "1",
    "a{}",
]


@pytest.mark.parametrize("piece", GARBAGE)
def test_garbage_is_refused_in_bounded_time(piece: str) -> None:
    start = time.perf_counter()
    found = faults(piece * (GARBAGE_BYTES // len(piece)) + " {")
    assert found
    assert all(diagnostic.render() for diagnostic in found)
    assert time.perf_counter() - start < 10


def test_too_large() -> None:
    start = time.perf_counter()
    assert [d.code for d in faults("a: 1\n" * (MAX_BYTES // 5 + 1))] == ["N112"]
    assert time.perf_counter() - start < 1


def test_too_many_tokens() -> None:
    assert [d.code for d in faults("a: 1 " * (MAX_TOKENS // 3 + 1))] == ["N112"]
