"""Many warnings of one kind as one: people read the first, editors show them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netspec.diagnostics import Diagnostic, Note

MOST = 3  # of one code in one file; of more the first is shown, and how many there are


def folded(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics in their order; of many warnings of one code and one file the first."""
    found = list(diagnostics)
    kinds: dict[tuple[str, str], list[Diagnostic]] = {}
    for each in found:
        kinds.setdefault(_kind(each), []).append(each)
    made = []
    for each in found:
        same = kinds[_kind(each)]
        if each.severity != "warning" or len(same) <= MOST:
            made.append(each)
        elif each is same[0]:
            more = Note(f"and so in {len(same) - 1} more places; the next", same[1].span)
            made.append(replace(each, notes=(*each.notes, more)))
    return made


def _kind(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.code, diagnostic.span.source.name if diagnostic.span else ""
