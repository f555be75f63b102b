"""Comments that silence warnings: `# netspec: ignore N512` on a layer, or at the head of a file.

A comment in a layer, behind it or right above it counts for that layer; where it stands in a block,
for every use of the block, and where it stands at a use, for all layers of that use. In the
comments that open a file it counts for the whole file. What stands behind the codes is the reason.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from netspec.diagnostics import Diagnostic, nearest
from netspec.source import Source, Span

COMMENT = re.compile(r"""^((?:[^"'#\n]|"[^"\n]*"|'[^'\n]*')*)(#\s*netspec:[^\n]*)""", re.M)
IGNORE = re.compile(r"#\s*netspec:\s*ignore\b\s*((?:[A-Z]\d{3}[\s,]*)*)")
CODE = re.compile(r"[A-Z]\d{3}")
NOTHING = re.compile(r"(?:[\s-]|#[^\n]*)*\Z")  # between a comment and the layer below it
COMMENTS = re.compile(r"(?:\s|#[^\n]*)*\Z")  # above a comment that is at the head of its file
WRITTEN = re.compile(r"^[ \t]*(?=[^\s#])", re.M)


@dataclass(frozen=True)
class Silencer:
    """A comment; `codes` are those that it names, `place` the start of its layer, None a file's."""

    span: Span
    codes: tuple[str, ...]
    place: int | None

    def covers(self, diagnostic: Diagnostic, places: Sequence[int]) -> bool:
        """Whether it silences a diagnostic; `places` are where the layers of its file start."""
        if diagnostic.code not in self.codes:
            return False
        span = diagnostic.span
        while span is not None:
            here = span.source.name == self.span.source.name
            if here and self.place in (None, _owner(span.start, places)):
                return True
            span = span.via
        return False


def silence(
    diagnostics: Sequence[Diagnostic],
    layers: Iterable[Span],
    source: Source,
    known: Iterable[str],
    all_states: bool = True,
) -> Iterator[Diagnostic]:
    """The diagnostics that no comment silences, then N559 for comments of `source` in vain.

    `layers` are the places of all layers of the nets, `known` the codes that there are. A comment
    is in vain when the file was read in all its states and none gave what it silences.
    """
    starts, sources = _starts(layers, source)
    silencers = {each: list(_silencers(sources[each], starts[each])) for each in starts}
    used: set[tuple[Silencer, str]] = set()
    for diagnostic in diagnostics:
        by = [
            silencer
            for each, found in silencers.items()
            for silencer in found
            if silencer.covers(diagnostic, starts[each])
        ]
        used.update((silencer, diagnostic.code) for silencer in by)
        if not by or diagnostic.severity != "warning":
            yield diagnostic
    for silencer in silencers[source.name] if all_states else ():
        yield from _in_vain(silencer, used, set(known))


def _in_vain(
    silencer: Silencer, used: set[tuple[Silencer, str]], known: set[str]
) -> Iterator[Diagnostic]:
    if not silencer.codes:
        help = "name the codes: # netspec: ignore N512"
        yield Diagnostic("N559", "the comment names no warning to ignore", silencer.span, help)
    for code in silencer.codes:
        if code not in known:
            message, help = f"there is no code {code}", nearest(code, known)
        elif Diagnostic(code, "").severity != "warning":
            message, help = f"{code} is no warning, and is not ignored", "mend what it says"
        elif (silencer, code) not in used:
            message, help = f"nothing here gives {code}", "remove the comment"
        else:
            continue
        yield Diagnostic("N559", message, silencer.span, help)


def _starts(
    spans: Iterable[Span], source: Source
) -> tuple[dict[str, list[int]], dict[str, Source]]:
    """Where layers start in each file, in order, and the files, both by name.

    Of a file without layers, such as a solver, it is where lines start.
    """
    found: dict[str, set[int]] = {source.name: set()}
    sources = {source.name: source}
    for span in spans:
        each: Span | None = span
        while each is not None:
            found.setdefault(each.source.name, set()).add(each.start)
            sources.setdefault(each.source.name, each.source)
            each = each.via
    lines = {found.end() for found in WRITTEN.finditer(source.text)}
    found[source.name] = found[source.name] or lines
    return {each: sorted(places) for each, places in found.items()}, sources


def _silencers(source: Source, places: Sequence[int]) -> Iterator[Silencer]:
    if "netspec:" not in source.text:
        return
    for found in COMMENT.finditer(source.text):
        ignoring = IGNORE.match(found[2])
        if ignoring is None:
            continue
        span = Span(source, found.start(2), found.end(2))
        place = _place(span, alone=not found[1].strip(), places=places)
        yield Silencer(span, tuple(CODE.findall(ignoring[1])), place)


def _place(comment: Span, alone: bool, places: Sequence[int]) -> int | None:
    text = comment.source.text
    if alone and COMMENTS.match(text[: comment.start]):
        return None
    below = bisect_right(places, comment.start)
    if alone and below < len(places) and NOTHING.match(text[comment.end : places[below]]):
        return places[below]
    return _owner(comment.start, places)


def _owner(offset: int, places: Sequence[int]) -> int:
    """The start of the layer that a place is in; -1 before the first."""
    index = bisect_right(places, offset)
    return places[index - 1] if index else -1
