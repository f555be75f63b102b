"""Prototxt that is refused: which code, and at which place."""

from __future__ import annotations

import pytest
from prototxt_text import faults, place

from netspec.codes.syntax import PROTOTXT

REFUSED = [  # text, code, line, column, part of the message or of the help
    # a token in the wrong place
    ("a { kernel_size: }", "N101", 1, 18, "expected a value after `kernel_size:`, found `}`"),
    ("a {\n  b:\n}", "N101", 2, 3, "expected a value after `b:`, found `}`"),
    ("a:\nb: 1", "N101", 1, 1, "expected a value after `a:`, found `b`"),
    ("a:\nb { c: 1 }\nd: 2", "N101", 1, 1, "expected a value after `a:`, found `b`"),
    ("a:", "N101", 1, 3, "found the end of the file"),
    ("a", "N101", 1, 2, "expected `:` or `{` after `a`"),
    ("a 1", "N101", 1, 3, "write `a: 1`"),
    ('a "b"', "N101", 1, 3, 'write `a: "b"`'),
    ("a\nb: 1", "N101", 1, 1, "expected `:` or `{` after `a`, found `b`"),
    ("a: 1 2", "N101", 1, 6, "expected a field name after `a: 1`, found `2`"),
    ("a: 1, 2", "N101", 1, 7, "several values are written [1, 2]"),
    ("a { b: 1, 2 }", "N101", 1, 11, "expected a field name or `}`"),
    ("a: 1,, b: 2", "N101", 1, 6, "found `,`"),
    (", a: 1", "N101", 1, 1, "expected a field name, found `,`"),
    ("a: MAX POOL\nb: 1", "N101", 1, 8, "expected `:` or `{` after `POOL`"),
    ("a: examples/mnist/b.lmdb", "N101", 1, 12, 'text stands in quotes: "examples/mnist/b.lmdb"'),
    ("a: C:\\data", "N101", 1, 5, 'text stands in quotes: "C:\\\\data"'),
    ("a: conv-1", "N101", 1, 8, 'text stands in quotes: "conv-1"'),
    ('{"a": 1}', "N101", 1, 1, "a message has a name before its brace"),
    ('"a": 1', "N101", 1, 1, "a field name stands without quotes"),
    ("3d: 1", "N101", 1, 1, "expected a field name, found `3d`"),
    ("a: [1, 2", "N102", 1, 9, "the file ends inside `[`"),
    ("a: [1 2]", "N101", 1, 7, "expected `,` or `]` after `1`"),
    ("a: [1,]", "N101", 1, 7, "expected a value after `,`, found `]`"),
    ("a: [1, {}]", "N101", 1, 8, "expected a value"),
    ("a: [{}, 1]", "N101", 1, 9, "expected `{` after `,`, found `1`"),
    ("a [1]", "N101", 1, 4, "expected `{` or `]` after `[`, found `1`"),
    ("a: -", "N101", 1, 5, "expected a number after `a: -`"),
    ('a: -"x"', "N101", 1, 5, "expected a number after `a: -`"),
    ("[a.]: 1", "N101", 1, 4, "expected a name after `.`"),
    ("[a b]: 1", "N101", 1, 4, "expected `]` after `a`"),
    ("layer name {\n  a: 1\n}", "N101", 1, 7, "expected `:` or `{` after `layer`"),
    # braces
    ("a {\n  b: 1\n", "N102", 2, 7, "the file ends inside `{`"),
    ("a <", "N102", 1, 4, "close it with `>`"),
    ("a { b: 1 }\n}", "N103", 2, 1, "`}` closes nothing"),
    ("a: 1 ]", "N103", 1, 6, "`]` closes nothing"),
    ("a { b: 1 >", "N103", 1, 10, "`{` is closed by `>`"),
    ("a { b < c: 1 } }", "N103", 1, 14, "`<` is closed by `}`"),
    ("a: [{ b: 1 ]", "N103", 1, 12, "`{` is closed by `]`"),
    # characters
    ("a = 1", "N104", 1, 3, "a value follows a colon"),
    ("a：1", "N104", 1, 2, "write `:`"),
    ("a:\u00a01", "N104", 1, 3, "write an ordinary blank"),
    ("a: “b”", "N104", 1, 4, "straight quotes"),
    ("a: \x01", "N104", 1, 4, "U+0001"),
    ("é: 1", "N104", 1, 1, "LATIN SMALL LETTER E WITH ACUTE"),
    ("a: 1 \\", "N104", 1, 6, "`\\`"),
    # other languages
    ("// net\na: 1", "N105", 1, 1, "begins with `#`, not `//`"),
    ("a: 1 // b", "N105", 1, 6, "begins with `#`"),
    ("a: 1\n/* b\n c */ d: 2", "N105", 2, 1, "begins with `#`, not `/*`"),
    ("a: {{ b }}", "N106", 1, 4, "`{{ b }}` is for a template engine"),
    ("a {\n  {% if b %}\n", "N106", 2, 3, "`{% if b %}`"),
    ("a: $b", "N106", 1, 4, "`$b`"),
    ("a: ${b}", "N106", 1, 4, "`${b}`"),
    ("a: $#b#$", "N106", 1, 4, "`$#b#$`"),
    ("a: @b@", "N106", 1, 4, "`@b@`"),
    ("a: %(b)d", "N106", 1, 4, "`%(b)d`"),
    ("a: <%= b %>", "N106", 1, 4, "`<%= b %>`"),
    ("\n<!DOCTYPE html>\n<html>", "N116", 2, 1, "Raw"),
    ('<?xml version="1.0"?>', "N116", 1, 1, "web page"),
    # text
    ('a: "b\nc: 1', "N107", 1, 4, "no closing quote"),
    ("a: 'b\"", "N107", 1, 4, "no closing quote"),
    ('a: "b\\', "N107", 1, 4, "no closing quote"),
    ('a: b"', "N107", 1, 5, "no closing quote"),
    ('a: "b\\q"', "N108", 1, 6, "`\\q` is not an escape"),
    ('a: "b\\8"', "N108", 1, 6, "`\\8`"),
    ('a: "\\x"', "N108", 1, 5, "`\\x`"),
    ('a: "\\u12"', "N108", 1, 5, "`\\u`"),
    ('a: "\\U00110000"', "N108", 1, 5, "`\\U`"),
    ('a: "ok" "\\y"', "N108", 1, 10, "`\\y`"),
    ('a: "\\xff"', "N110", 1, 4, "not UTF-8"),
    ('a: "\\303" b: 1', "N110", 1, 4, "not UTF-8"),
    ('a: "\\ud800"', "N110", 1, 4, "not UTF-8"),
    # numbers
    ("a: 08", "N109", 1, 4, "octal"),
    ("a: 1.2.3", "N109", 1, 4, "1.2.3 is not a number"),
    ("a: 0x", "N109", 1, 4, "0x is not a number"),
    ("a: 1e", "N109", 1, 4, "1e is not a number"),
    ("a: 1e+", "N109", 1, 4, "1e+ is not a number"),
    ("a: +1", "N109", 1, 4, "+1 is not a number"),
    ("a: .5x", "N109", 1, 4, ".5x is not a number"),
    ("a: 01.5", "N109", 1, 4, "01.5 is not a number"),
    ("a: 224X224", "N109", 1, 4, "text stands in quotes"),
    ("a: -MAX", "N109", 1, 5, "expected a number after `-`, found `MAX`"),
    # limits
    ("a {" * 101, "N111", 1, 303, "100 deep"),
    ("a: \0", "N113", 1, 4, "--weights"),
    ('a: "\udc80"', "N115", 1, 5, "UTF-8"),
]


@pytest.mark.parametrize(("text", "code", "line", "column", "words"), REFUSED)
def test_refused(text: str, code: str, line: int, column: int, words: str) -> None:
    found = faults(text)
    assert [place(diagnostic) for diagnostic in found] == [(code, line, column)]
    assert words in f"{found[0].message}\n{found[0].help}"


MANY = """\
name: "net
input: 08
layer {
  name: relu/1
  type "ReLU"
  bottom:
  top: "a" // in place
  relu_param { negative_slope: 0.1 0.2 }
  param [ { lr_mult: 1k }, 3 ]
  include = { phase: TRAIN }
  top: "\\z"
}
}
layer { name: "b" }
"""


def test_every_fault_of_a_file_is_found_once() -> None:
    assert [place(diagnostic)[:2] for diagnostic in faults(MANY)] == [
        ("N107", 1),
        ("N109", 2),
        ("N101", 4),
        ("N101", 5),
        ("N101", 6),
        ("N105", 7),
        ("N101", 8),
        ("N109", 9),
        ("N101", 9),
        ("N104", 10),
        ("N108", 11),
        ("N103", 13),
    ]


def test_a_missing_opening_brace_makes_no_second_fault() -> None:
    assert [place(d) for d in faults('layer\n  name: "a"\n}\nlayer { }')] == [("N101", 1, 1)]


def test_an_unclosed_brace_is_found_by_its_indentation() -> None:
    (found,) = faults("layer {\n  a {\n    b: 1\n}\nlayer {\n  c: 1\n}\n")
    assert place(found) == ("N102", 7, 2)
    assert [str(note.span) for note in found.notes] == ["test.prototxt:2:5"]


def test_one_hundred_messages_deep_is_read() -> None:
    assert faults("a {" * 100 + "}" * 100) == []


@pytest.mark.parametrize(
    "code", [c for c in PROTOTXT if c.language == "prototxt"], ids=lambda c: c.name
)
def test_examples(code) -> None:  # type: ignore[no-untyped-def]
    assert faults(code.wrong)[0].code == code.name
    assert faults(code.right) == []
