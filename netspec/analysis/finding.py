"""A finding: what a design principle says of a place in a net, with the figures that it rests on.

The principles are those of section 2 of "Rethinking the Inception architecture for computer
vision" (Szegedy et al. 2015, arXiv 1512.00567).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from netspec.diagnostics import Diagnostic, Note
from netspec.graph import Node


class Principle(Enum):
    """The four of section 2, and what the rest of the paper advises."""

    BOTTLENECKS = "avoid representational bottlenecks, above all early in the net"
    LOCAL = "process high-dimensional representations locally"
    REDUCTION = "aggregate over space after reducing the dimension"
    BALANCE = "balance the width and the depth of the net"
    FACTORS = "factorise convolutions, and normalise by the batch"


@dataclass(frozen=True)
class Figure:
    """A number that a finding rests on, with its unit."""

    name: str
    number: float
    unit: str


@dataclass(frozen=True)
class Finding:
    """`nodes` are the layers that it is about; the first is where it is shown in the file."""

    code: str
    principle: Principle
    nodes: tuple[Node, ...]
    message: str
    help: str
    figures: tuple[Figure, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def node(self) -> Node:
        return self.nodes[0]

    @property
    def diagnostic(self) -> Diagnostic:
        """It as people read it, with the line of the file."""
        return Diagnostic(self.code, self.message, self.node.span, self.help, self.notes)

    def as_json(self) -> dict[str, Any]:
        """Plain data: the diagnostic's, the principle, the layers and the figures."""
        figures = [{"name": f.name, "number": f.number, "unit": f.unit} for f in self.figures]
        more = {
            "principle": self.principle.name.lower(),
            "layers": [node.name for node in self.nodes],
            "figures": figures,
        }
        return self.diagnostic.as_json() | more

    def figure(self, name: str) -> float:
        """One of its figures; raises KeyError."""
        return {figure.name: figure.number for figure in self.figures}[name]
