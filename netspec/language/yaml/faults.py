"""What PyYAML says of text that it cannot read, in our words: what is there, and what to write."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from netspec.diagnostics import Diagnostic, Note
from netspec.source import Source, Span


class Wording(NamedTuple):
    """`problem` is part of PyYAML's own text."""

    problem: str
    message: str
    help: str


QUOTES = "put the value in quotes"
FLOW = "text that holds any of {}[],: needs quotes"
WORDINGS = (
    Wording(
        "mapping values are not allowed",
        "a value cannot hold `: `",
        f"begin a new line, or {QUOTES}",
    ),
    Wording("expected ',' or '}'", "a comma or } is missing here", FLOW),
    Wording("expected ',' or ']'", "a comma or ] is missing here", FLOW),
    Wording(
        "expected the node content", "a value is missing here", "write a value, or `~` for none"
    ),
    Wording("could not find expected ':'", "a name has no `:`", "write `name: value`"),
    Wording(
        "sequence entries are not allowed", "a list cannot begin here", "begin `-` on a new line"
    ),
    Wording("cannot start any token", "a value cannot begin with this", QUOTES),
    Wording(
        "expected alphabetic or numeric", "& and * name anchors, which specs do not have", QUOTES
    ),
    Wording("expected URI", "! names a tag, which specs do not have", QUOTES),
    Wording("chomping or indentation", "| and > stand before a text on lines of its own", QUOTES),
    Wording("unexpected ':'", "a colon stands where text ends", "put a space after the colon"),
    Wording("unknown escape", "there is no such escape in quotes", "write \\\\ for a backslash"),
)
COLUMNS = "lines of one mapping or list begin in the same column"
UNCOLONED = re.compile(r"(?:^|[-\[,])\s*([A-Za-z]\w*) +\{")  # `- ReLU {...}` lacks its colon
TAB = "YAML takes spaces only: replace the tab"


def syntax_fault(error: yaml.MarkedYAMLError, source: Source, shift: int) -> Diagnostic:
    """The diagnostic for an error of PyYAML; `shift` is what its places lack."""
    problem = error.problem or "the text cannot be read"
    at = min(error.problem_mark.index + shift if error.problem_mark else 0, len(source.text))
    span = Span(source, at, at + 1)
    begin = span
    if error.context_mark is not None:
        begin = Span(source, error.context_mark.index + shift, error.context_mark.index + shift + 1)
    if span.text == "\t" or "\\t" in problem or "tab character" in problem:
        return Diagnostic("N131", "a tab stands where the line is indented", span, TAB)
    if not source.text[at:].strip() and begin.text in tuple("{['\""):
        return Diagnostic("N130", f"{begin.text} is never closed", begin, "close it")
    line = source.offset(span.line, 1)
    for found in UNCOLONED.finditer(source.text[line : at + 1]):
        place = Span(source, line + found.start(1), line + found.end(1))
        message, help = f"a colon is missing after {found[1]}", f"write `{found[1]}: {{...}}`"
        return Diagnostic("N130", message, place, help)
    notes = [Note("it belongs to what begins here", begin)] if begin.line != span.line else []
    message, help = f"YAML: {problem}", ""
    if "<block end>" in problem or "<document start>" in problem:
        alone = not source.text[line:at].strip()
        message = "the line does not fit the lines above it" if alone else "text follows a value"
        help = COLUMNS if alone else QUOTES
    for wording in WORDINGS:
        if wording.problem in problem:
            message, help = wording.message, wording.help
    return Diagnostic("N130", message, span, help, tuple(notes))
