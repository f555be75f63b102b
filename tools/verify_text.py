"""What `netspec verify` says of a verdict."""

from __future__ import annotations

import math
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from netspec.diagnostics import some
from netspec.schema.wording import spelled

if TYPE_CHECKING:
    from compiler.verify import Verdict
    from compiler.verify.verdict import Compared
    from netspec.graph import Graph

COLUMNS, LISTED = 80, 4


def said_of(verdict: Verdict, expected: Path, graph: Graph) -> str:
    """What people read: how many blobs agree, the first that differs, and its likely causes."""
    lines = [f"not in the net: {some(verdict.unknown)}"] if verdict.unknown else []
    compared, first = verdict.compared, verdict.first
    if first is None:
        worst = max(c.gap.size for c in compared)
        count = _agreeing(len(compared))
        lines.append(f"{count}, the worst is off by {worst:.2g} of its largest number")
        return _folded(lines)
    before = compared[: compared.index(first)]
    upto = f", up to {before[-1].blob}" if before else ""
    count = _agreeing(sum(c.agrees for c in compared), len(compared))
    lines += [f"{count}{upto}; the first that differs is {first.blob}"]
    lines += [f"  {_gap(first, expected)}", f"  made by {_makers(verdict.layers, graph)}"]
    lines += [f"  likely cause: {said}" for said in verdict.looks_like]
    if not verdict.looks_like:
        lines.append("  no known trap gives such numbers; are weights and settings the same?")
    return _folded(lines)


def _folded(lines: list[str]) -> str:
    return "\n".join(fill(line, COLUMNS, subsequent_indent="    ") for line in lines)


def _agreeing(count: int, of: int = 0) -> str:
    number = f"{count} of {of} blobs" if of else f"{count} {'blob' if count == 1 else 'blobs'}"
    return f"{number} {'agrees' if count == 1 else 'agree'}"


def _makers(names: tuple[str, ...], graph: Graph) -> str:
    layers = [f"{name} ({graph.by_name[name].type})" for name in names]
    if len(layers) > LISTED:
        return f"one of {len(layers)} layers, from {layers[0]} to {layers[-1]}"
    return f"{'one of ' if len(layers) > 1 else ''}{', '.join(layers)}"


def _gap(found: Compared, expected: Path) -> str:
    if found.shape != found.expected:
        here, there = spelled(found.shape), spelled(found.expected)
        return f"{here} here, {there} there ({expected.name})"
    gap = found.gap
    size = "" if math.isinf(gap.size) else f": off by {gap.size:.2g} of the largest number"
    return f"{gap.got:g} here, {gap.want:g} there ({expected.name}), at {list(gap.at)}{size}"
