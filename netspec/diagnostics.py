"""A Diagnostic says what is wrong, where, and what to do; a SpecError carries all of them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from netspec.source import Span, printable

COLUMNS = 80  # of the line that is shown with carets
MAX_SHOWN = 50
MAX_WORDS = 500  # characters of a message
MAX_LISTED = 8
MAX_FOUND = 1000  # a file with more is no spec: reading stops
RED, YELLOW, BLUE, BOLD, PLAIN = "\033[1;31m", "\033[1;33m", "\033[1;34m", "\033[1m", "\033[0m"
SEVERITIES = {"N5": "warning", "A1": "advice"}  # by the group of the code; all others are errors
TONES = {"error": RED, "warning": YELLOW, "advice": BLUE}


@dataclass(frozen=True)
class Note:
    """Another place that a diagnostic needs: the first definition, the line that used a block."""

    message: str
    span: Span | None = None


@dataclass(frozen=True)
class Diagnostic:
    """One fault. `code` is explained in netspec.codes; N5xx are warnings, A1xx advice, the rest
    errors.
    """

    code: str
    message: str
    span: Span | None = None
    help: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def severity(self) -> str:
        return SEVERITIES.get(self.code[:2], "error")

    @property
    def all_notes(self) -> tuple[Note, ...]:
        """The notes, and for a place in a block those where it is used, from the inside out."""
        used, via = [], self.span.via if self.span is not None else None
        while via is not None:
            used.append(Note("in the block that is used here", via))
            via = via.via
        return (*self.notes, *used)

    def render(self, color: bool = False) -> str:
        """The text that people read: message, place, caret, help and notes."""

        def paint(style: str, text: str) -> str:
            return f"{style}{text}{PLAIN}" if color else text

        tone = TONES[self.severity]
        said = _one_line(self.message)
        lines = [paint(tone, f"{self.severity}[{self.code}]") + paint(BOLD, f": {said}")]
        notes = list(self.notes)
        if self.span is not None:
            _, *uses = self.span.outwards()
            notes += [Note("in the block that is used here", use) for use in uses]
        numbers = [s.line for s in (self.span, *(n.span for n in notes)) if s is not None]
        gutter = " " * len(str(max(numbers, default=1)))
        if self.span is not None:
            lines += _place(self.span, gutter, paint)
        if self.help:
            lines.append(f"{gutter} {paint(BLUE, '=')} help: {_one_line(self.help)}")
        for note in notes:
            lines.append(f"{gutter} {paint(BLUE, '=')} note: {_one_line(note.message)}")
            if note.span is not None:
                lines += _place(note.span, gutter, paint)
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Plain data for editors; lines and columns count from 1, `end` is exclusive."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "help": self.help,
            **_json_place(self.span),
            "notes": [{"message": n.message, **_json_place(n.span)} for n in self.all_notes],
        }


def _one_line(text: str) -> str:
    """A message as it is shown: names in it may be of any length and hold any character."""
    shown = printable(text.replace("\n", " "))
    return shown if len(shown) <= MAX_WORDS else f"{shown[:MAX_WORDS]}..."


def _place(span: Span, gutter: str, paint: Any) -> list[str]:
    line, carets = span.snippet(COLUMNS - len(gutter) - len(" | "))
    bar = paint(BLUE, "|")
    number = str(span.line).rjust(len(gutter))
    return [
        f"{gutter}{paint(BLUE, '-->')} {span}",
        f"{gutter} {bar}",
        f"{paint(BLUE, number)} {bar} {line}",
        f"{gutter} {bar} {paint(RED, carets)}",
    ]


def _json_place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"file": None, "start": None, "end": None}
    start, end = span.source.position(span.start), span.source.position(span.end)
    return {
        "file": span.source.name,
        "start": {"line": start[0], "column": start[1]},
        "end": {"line": end[0], "column": end[1]},
    }


class SpecError(Exception):
    """What the user wrote cannot be used. `diagnostics` says everything that is wrong with it."""

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic) -> None:
        found = [diagnostics] if isinstance(diagnostics, Diagnostic) else list(diagnostics)
        self.diagnostics: list[Diagnostic] = found
        super().__init__(found)

    def __str__(self) -> str:
        return render(self.diagnostics)


def render(diagnostics: Iterable[Diagnostic], color: bool = False) -> str:
    """All diagnostics, in file order, with a closing count; past fifty only the count goes on."""
    found = list(diagnostics)
    texts = [d.render(color) for d in found[:MAX_SHOWN]]
    if len(found) > MAX_SHOWN:
        texts.append(f"... and {len(found) - MAX_SHOWN} more")
    return "\n\n".join(texts)


@dataclass
class Report:
    """Collects diagnostics while a file is read; `stop` raises when there are errors among them.

    What is wrong inside a block is said once, however often the block is used. After a thousand
    errors it raises at once, so that no file can ask for endless help.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    errors: list[Diagnostic] = field(init=False)  # those that are more than warnings
    _said: set[tuple[object, ...]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        found, self.diagnostics, self.errors = self.diagnostics, [], []
        self.extend(found)

    def add(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        help: str = "",
        notes: Iterable[Note] = (),
    ) -> None:
        self.extend([Diagnostic(code, message, span, help, tuple(notes))])

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for each in diagnostics:
            said = (each.code, each.message, each.span and each.span[:3])
            if said in self._said:
                continue
            self._said.add(said)
            self.diagnostics.append(each)
            if each.severity == "error":
                self.errors.append(each)
        if len(self.errors) > MAX_FOUND:
            self.stop()

    @property
    def warnings(self) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.severity == "warning"]

    def stop(self) -> None:
        """Raise SpecError if any error was found, in file order, with the warnings left out."""
        if self.errors:
            raise SpecError(sorted(self.errors, key=place_in_file))


def place_in_file(diagnostic: Diagnostic) -> tuple[int, int]:
    """Where the file goes wrong: for a place inside a block, first where the block is used."""
    span = diagnostic.span
    if span is None:
        return (-1, -1)
    *_, used = span.outwards()
    return (used.start, span.start)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt word was probably meant to be; capitals do not count."""
    lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word[:100].lower(), lower, n=1, cutoff=0.6)
    return lower[close[0]] if close else None


def nearest(word: str, known: Iterable[str]) -> str:
    """Help for a name that is not known, or an empty string."""
    name = closest(word, known)
    return f"the nearest name is {name}" if name is not None else ""


def some(names: Collection[str]) -> str:
    """Names as help lists them: the first few, and how many more there are."""
    first = list(names)[:MAX_LISTED]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")
