"""What design principles say of a net: every finding, in the file's order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netspec.analysis.bottlenecks import bottlenecks
from netspec.analysis.factors import factorised, normalised
from netspec.analysis.finding import Finding
from netspec.analysis.heads import auxiliary
from netspec.analysis.principles import balanced, local, reduced
from netspec.diagnostics import place_in_file
from netspec.graph import Graph

RULES: tuple[Callable[[Graph], Iterable[Finding]], ...] = (
    bottlenecks,
    local,
    reduced,
    balanced,
    factorised,
    normalised,
    auxiliary,
)


def advice(graph: Graph) -> tuple[Finding, ...]:
    """All findings of a net; a net without predictions has none. Rewrites are chosen from them."""
    found = [finding for rule in RULES for finding in rule(graph)]
    return tuple(sorted(found, key=lambda finding: place_in_file(finding.diagnostic)))
