"""What PyYAML says of text that it cannot read, in our words: what is there, what to write."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from netspec.diagnostics import Diagnostic, Note
from netspec.source import Source, Span


class Wording(NamedTuple):
    """`problem` is part of PyYAML's own text."""

    problem: str
    message: str
    help: str


WORDINGS = (
    Wording(
        "mapping values are not allowed",
        "a value cannot hold `: `",
        "begin a new line, or put the value in quotes",
    ),
    Wording(
        "expected <block end>",
        "the line does not fit the lines above it",
        "lines of one mapping or list begin in the same column",
    ),
    Wording(
        "expected ',' or '}'",
        "a comma or } is missing here",
        "text that holds any of {}[],: needs quotes",
    ),
    Wording(
        "expected ',' or ']'",
        "a comma or ] is missing here",
        "text that holds any of {}[],: needs quotes",
    ),
    Wording("could not find expected ':'", "a name has no `:`", "write `name: value`"),
    Wording("found unexpected end of stream", "the text ends inside quotes", "close the quotes"),
    Wording("but found another document", "the file holds two documents", "keep one net in a file"),
    Wording(
        "sequence entries are not allowed",
        "a list cannot begin here",
        "begin `-` on a line of its own",
    ),
    Wording(
        "that cannot start any token", "a value cannot begin with this", "put the value in quotes"
    ),
    Wording("unexpected ':'", "a colon stands where text ends", "put a space after the colon"),
    Wording("unknown escape", "there is no such escape in quotes", "write \\\\ for a backslash"),
)
TAB = "YAML takes spaces only: replace the tab"


def syntax_fault(error: yaml.MarkedYAMLError, source: Source, shift: int) -> Diagnostic:
    """The diagnostic for an error of PyYAML; `shift` is what its places lack."""
    problem = error.problem or "the text cannot be read"
    at = min(error.problem_mark.index + shift if error.problem_mark else 0, len(source.text))
    span = Span(source, at, at + 1)
    if span.text == "\t" or "\\t" in problem or "tab character" in problem:
        return Diagnostic("N131", "a tab stands where the line is indented", span, TAB)
    notes = []
    if error.context_mark is not None and error.context_mark.line != error.problem_mark.line:
        begin = error.context_mark.index + shift
        notes.append(Note("it belongs to what begins here", Span(source, begin, begin + 1)))
    for wording in WORDINGS:
        if wording.problem in problem:
            return Diagnostic("N130", wording.message, span, wording.help, tuple(notes))
    return Diagnostic("N130", f"YAML: {problem}", span, "", tuple(notes))
