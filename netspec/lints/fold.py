"""Many warnings of one kind as one: people read the first, editors show them all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace

from netspec.diagnostics import Diagnostic, Note

MOST = 3  # of one code in one file; of more the first is shown, and how many there are


def folded(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics in their order; of many warnings of one code and one file the first.

    Of those that one line of a block gives, however few, only the first is shown.
    """
    found = list(diagnostics)
    found = list(_folded(found, _place, 1, "uses of the block"))
    return list(_folded(found, _kind, MOST, "places; the next"))


def _folded(
    found: list[Diagnostic], kind: Callable[[Diagnostic], Hashable], most: int, where: str
) -> Iterator[Diagnostic]:
    kinds: dict[Hashable, list[Diagnostic]] = {}
    for each in found:
        kinds.setdefault(kind(each), []).append(each)
    for each in found:
        same = kinds[kind(each)]
        if each.severity != "warning" or len(same) <= most:
            yield each
        elif each is same[0]:
            another = same[1].span if _place(same[1]) != _place(each) else None
            more = Note(f"and so in {len(same) - 1} more {where}", another)
            yield replace(each, notes=(*each.notes, more))


def _place(diagnostic: Diagnostic) -> Hashable:
    span = diagnostic.span
    return diagnostic.code, span and span[:3]


def _kind(diagnostic: Diagnostic) -> Hashable:
    return diagnostic.code, diagnostic.span.source.name if diagnostic.span else ""
