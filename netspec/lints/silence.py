"""Comments that silence warnings: `# netspec: ignore N512` on a layer, or at the head of a file.

A comment in a layer, behind it or right above it counts for that layer; where it stands in a block,
for every use of the block, and where it stands at a use, for all layers of that use. In the
comments that open a file it counts for the whole file. What stands behind the codes is the reason.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from netspec.diagnostics import Diagnostic, nearest
from netspec.source import Source, Span

COMMENT = re.compile(r"""^((?:[^"'#\n]++|"[^"\n]*+"|'[^'\n]*+')*+)(#\s*netspec\b[^\n]*)""", re.M)
IGNORE = re.compile(r"#\s*netspec:\s*ignore\b\s*((?:[A-Z]\d{3}[\s,]*)*)")
CODE = re.compile(r"[A-Z]\d{3}")
LINE = re.compile(r"^[ \t]*(?=[^\s#])", re.M)  # that is no comment

Place = tuple[str, int | None]  # a file, and where a layer of it starts; None is the whole file


@dataclass(frozen=True)
class Silencer:
    """A comment, the codes that it names, and the layer or file that it counts for."""

    span: Span
    codes: tuple[str, ...]
    place: Place


class Layers:
    """Where the layers of some files start; of a file without layers, such as a solver, lines."""

    def __init__(self, spans: Iterable[Span], source: Source) -> None:
        self.sources = {source.name: source}
        starts: dict[str, set[int]] = {source.name: set()}
        for span in spans:
            for each in span.outwards():
                self.sources.setdefault(each.source.name, each.source)
                starts.setdefault(each.source.name, set()).add(each.start)
        self.lines = {
            name: [line.end() for line in LINE.finditer(each.text)]
            for name, each in self.sources.items()
            if "netspec" in each.text
        }
        if not starts[source.name]:
            starts[source.name].update(self.lines.get(source.name, ()))
        self.starts = {name: sorted(found) for name, found in starts.items()}

    def holding(self, name: str, offset: int) -> Place:
        """The layer that a place in a file is in: the last that starts before it."""
        starts = self.starts.get(name, [])
        index = bisect_right(starts, offset)
        return name, starts[index - 1] if index else -1

    def meant(self, comment: Span, alone: bool) -> Place:
        """What a comment counts for; `alone` where nothing stands before it on its line."""
        name, text = comment.source.name, comment.source.text
        starts, lines = self.starts[name], self.lines[name]
        if alone and (not lines or comment.start < lines[0]):
            return name, None
        below = bisect_right(starts, comment.start)
        if alone and below < len(starts):
            line = bisect_right(lines, starts[below]) - 1
            nearest_line = line == bisect_right(lines, comment.start)
            if nearest_line and not text[lines[line] : starts[below]].strip("- "):
                return name, starts[below]
        return self.holding(name, comment.start)

    def silencers(self) -> Iterator[Silencer]:
        """Every comment of the files that speaks of ignoring a code."""
        for source in self.sources.values():
            for found in COMMENT.finditer(source.text) if source.name in self.lines else ():
                ignoring = IGNORE.match(found[2])
                if ignoring is None and not CODE.search(found[2]):
                    continue
                span = Span(source, found.start(2), found.end(2))
                codes = CODE.findall(ignoring[1]) if ignoring else ()
                yield Silencer(span, tuple(codes), self.meant(span, not found[1].strip()))


def silence(
    diagnostics: Sequence[Diagnostic],
    spans: Iterable[Span],
    source: Source,
    known: Iterable[str],
    all_states: bool = True,
) -> Iterator[Diagnostic]:
    """The diagnostics that no comment silences, then N559 for comments of `source` in vain.

    `spans` are those of all layers of the nets, `known` the codes that there are. A comment is in
    vain when the file was read in all its states and none gave what it silences.
    """
    layers = Layers(spans, source)
    silencers = list(layers.silencers())
    meant: dict[tuple[str, Place], list[Silencer]] = {}
    for silencer in silencers:
        for code in silencer.codes:
            meant.setdefault((code, silencer.place), []).append(silencer)
    used: set[tuple[Silencer, str]] = set()
    for diagnostic in diagnostics:
        by = list(_silencing(diagnostic, layers, meant))
        used.update((silencer, diagnostic.code) for silencer in by)
        if not by or diagnostic.severity != "warning":
            yield diagnostic
    if all_states:
        codes = set(known)
        own = [silencer for silencer in silencers if silencer.span.source.name == source.name]
        yield from (found for silencer in own for found in _in_vain(silencer, used, codes))


def _silencing(
    diagnostic: Diagnostic, layers: Layers, meant: Mapping[tuple[str, Place], list[Silencer]]
) -> Iterator[Silencer]:
    for span in diagnostic.span.outwards() if diagnostic.span else ():
        name = span.source.name
        for place in ((name, None), layers.holding(name, span.start)):
            yield from meant.get((diagnostic.code, place), ())


def _in_vain(
    silencer: Silencer, used: set[tuple[Silencer, str]], known: set[str]
) -> Iterator[Diagnostic]:
    if not silencer.codes:
        help = "write the codes that are meant: # netspec: ignore N512"
        yield Diagnostic("N559", "the comment ignores nothing", silencer.span, help)
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
