"""A change that is proposed for a net: where, what it does, and what becomes of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from netspec.graph import Graph, Node
from netspec.rewrite.edit import Edit
from netspec.rewrite.weight_rules import WeightRule


@dataclass(frozen=True)
class Proposal:
    """`node` is the layer that it is called by; `weights` make the old weights the new net's.

    A proposal with `weights`, which may be none, computes the same; one where they are None has to
    be trained anew.
    """

    node: Node
    edits: tuple[Edit, ...]
    what: str
    weights: tuple[WeightRule, ...] | None = None
    offered: bool = True
    """Whether `advise` offers it unasked."""
    note: str = ""
    """What else should change, outside the net."""

    @property
    def same_function(self) -> bool:
        return self.weights is not None


Propose: TypeAlias = Callable[[Graph], Iterator[Proposal]]


@dataclass(frozen=True)
class Rewrite:
    """A kind of change, under the code of the finding that it answers."""

    code: str
    title: str
    propose: Propose
