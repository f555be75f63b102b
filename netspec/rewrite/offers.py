"""Rewrites that answer no finding, as diagnostics."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics import Diagnostic
from netspec.graph import Graph
from netspec.rewrite import REWRITES

OF_FINDINGS = ("A102", "A120", "A140", "A141", "A142")  # netspec/analysis says where they hold


def offers(graph: Graph) -> Iterator[Diagnostic]:
    """What `advise` offers of a net beside its findings."""
    for code, rewrite in REWRITES.items():
        if code in OF_FINDINGS:
            continue
        for proposal in rewrite.propose(graph):
            if proposal.offered:
                node = proposal.node
                yield Diagnostic(code, f"{node.name}: {proposal.what}", node.span, rewrite.title)
