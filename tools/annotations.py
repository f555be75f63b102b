"""Diagnostics for machines that show them beside the text: SARIF 2.1.0, and GitHub's annotations.

SARIF (docs.oasis-open.org/sarif/sarif/v2.1.0) is what code scanning and editors read; the others
are lines that GitHub's runners pick out of a log (docs.github.com, "Workflow commands").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from netspec.diagnostics import Diagnostic
    from netspec.source import Span

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {"error": "error", "warning": "warning", "advice": "note"}
COMMANDS = {"error": "error", "warning": "warning", "advice": "notice"}


def github(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """A line for each, such as `::error file=net.yaml,line=3,col=48,...::no layer makes pool`."""
    for each in diagnostics:
        properties: dict[str, object] = {}
        if each.span is not None:
            (line, column), (end_line, end_column) = ends(each.span)
            properties = {"file": each.span.source.name, "line": line, "endLine": end_line}
            if line == end_line:  # columns of different lines are refused
                properties |= {"col": column, "endColumn": end_column}
        properties["title"] = f"netspec {each.code}"
        listed = ",".join(f"{key}={_escaped(str(v), ':,')}" for key, v in properties.items())
        yield f"::{COMMANDS[each.severity]} {listed}::{_escaped(said(each))}"


def sarif(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """One run of netspec, as SARIF has it; the rules are the codes that were found."""
    from netspec import __version__
    from netspec.codes import CODES

    found = list(diagnostics)
    rules = sorted({d.code for d in found})
    driver = {
        "name": "netspec",
        "version": __version__,
        "rules": [
            {
                "id": code,
                "shortDescription": {"text": CODES[code].title},
                "fullDescription": {"text": CODES[code].reason},
                "help": {"text": f"netspec explain {code}"},
            }
            for code in rules
        ],
    }
    results = [_result(each, rules.index(each.code)) for each in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def said(diagnostic: Diagnostic) -> str:
    """The message, the help and what the notes say, a line each."""
    places = [f"{n.message} ({n.span})" if n.span else n.message for n in diagnostic.all_notes]
    return "\n".join([diagnostic.message, *filter(None, [diagnostic.help]), *places])


def ends(span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
    """Line and column of the first character, and of the one after the last; from 1."""
    return span.source.position(span.start), span.source.position(span.end)


def _result(each: Diagnostic, rule: int) -> dict[str, Any]:
    text = "\n".join(filter(None, [each.message, each.help]))
    result: dict[str, Any] = {
        "ruleId": each.code,
        "ruleIndex": rule,
        "level": LEVELS[each.severity],
        "message": {"text": text},
    }
    if each.span is not None:
        result["locations"] = [_location(each.span)]
    related = [n for n in each.all_notes if n.span is not None]
    if related:
        result["relatedLocations"] = [
            _location(n.span) | {"message": {"text": n.message}} for n in related if n.span
        ]
    return result


def _location(span: Span) -> dict[str, Any]:
    (line, column), (end_line, end_column) = ends(span)
    path = Path(span.source.name)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    region = {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def _escaped(text: str, also: str = "") -> str:
    """`%0A` for the end of a line, and so for what would end a property or the command."""
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + also else c for c in text)
