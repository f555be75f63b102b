"""What could be changed in a net: findings and rewrites, each with its cost now and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from netspec.analysis.advice import advice
from netspec.analysis.cost import cost
from netspec.analysis.finding import Finding
from netspec.codes import CODES
from netspec.diagnostics import SpecError
from netspec.graph import Graph
from netspec.language.tree import Message
from netspec.rewrite import REWRITES
from netspec.rewrite.edit import Insert, touched
from netspec.rewrite.proposal import Proposal
from netspec.rewrite.tree import apply
from netspec.rewrite.write import MESSAGES, Spec
from netspec.schema.net import NetState


@dataclass(frozen=True)
class Figures:
    """MACs and learned parameters: of a net for one item of a batch, or of some of its layers."""

    macs: float
    parameters: int

    def as_json(self) -> dict[str, Any]:
        return {"macs": self.macs, "parameters": self.parameters}


@dataclass(frozen=True)
class Place:
    """One rewrite, and what the layers that it touches cost now and after."""

    proposal: Proposal
    now: Figures
    after: Figures

    def as_json(self) -> dict[str, Any]:
        node = self.proposal.node
        return {
            "layer": node.name,
            "file": str(node.span) if node.span else None,
            "what": self.proposal.what,
            "note": self.proposal.note or None,
            "now": self.now.as_json(),
            "after": self.after.as_json(),
        }


@dataclass(frozen=True)
class Advice:
    """All that one code says of a net, and what its rewrites would make of the net together.

    `after` is None where there is no rewrite, or where together they make no net.
    """

    code: str
    title: str
    findings: tuple[Finding, ...]
    places: tuple[Place, ...]
    after: Figures | None

    @property
    def same_function(self) -> bool:
        """Whether the rewritten net computes the same, with weights made of the old ones."""
        return bool(self.places) and all(p.proposal.same_function for p in self.places)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": self.title,
            "findings": [finding.as_json() for finding in self.findings],
            "rewrites": [place.as_json() for place in self.places],
            "same_function": self.same_function if self.places else None,
            "after": self.after.as_json() if self.after else None,
        }


def advise(spec: Spec, state: NetState, every: bool = False) -> tuple[Figures, tuple[Advice, ...]]:
    """What the net in a state costs, and all advice, by code.

    Rewrites that no finding asks for are there with `every`. Raises SpecError where the net cannot
    be built.
    """
    graph = spec.graph(state)
    found: dict[str, list[Finding]] = {}
    for finding in advice(graph):
        found.setdefault(finding.code, []).append(finding)
    made = []
    for code in sorted({*found, *REWRITES}):
        rewrite = REWRITES.get(code)
        proposals = list(rewrite.propose(graph)) if rewrite else []
        proposals = [p for p in proposals if p.offered or every]
        if not proposals and code not in found:
            continue
        places, after = _effect(spec, state, graph, proposals)
        title = rewrite.title if rewrite and proposals else CODES[code].title
        made.append(Advice(code, title, tuple(found.get(code, ())), tuple(places), after))
    return figures(graph), tuple(made)


def figures(graph: Graph) -> Figures:
    """The cost of a net for one item."""
    whole = cost(graph)
    return Figures(whole.per_item(whole.macs), whole.parameters)


def _effect(
    spec: Spec, state: NetState, graph: Graph, proposals: Sequence[Proposal]
) -> tuple[list[Place], Figures | None]:
    """Each place with its figures, and the whole net with all of them."""
    if not proposals:
        return [], None
    new = apply(spec.tree, [e for p in proposals for e in p.edits], MESSAGES)
    try:
        after = spec.graph(state, new.tree)
    except SpecError:
        return [Place(p, *_same(graph, p)) for p in proposals], None
    names = iter(new.made)
    places = []
    for proposal in proposals:
        fresh = {
            field.value.text("name")
            for _, made in zip(proposal.edits, names)
            for field in made
            if isinstance(field.value, Message)
        }
        now, _ = _same(graph, proposal)
        places.append(Place(proposal, now, _of(after, fresh)))
    return places, figures(after)


def _same(graph: Graph, proposal: Proposal) -> tuple[Figures, Figures]:
    now = _of(graph, set(_gone(proposal)))
    return now, now


def _gone(proposal: Proposal) -> Iterator[str]:
    """The layers that give way to others."""
    for edit in proposal.edits:
        if not isinstance(edit, Insert):
            yield from (node.name for node in touched(edit))


def _of(graph: Graph, names: set[str]) -> Figures:
    whole = cost(graph)
    layers = [layer for layer in whole.layers if layer.node.name in names]
    macs = whole.per_item(sum(layer.macs for layer in layers))
    return Figures(macs, sum(layer.parameters for layer in layers))
