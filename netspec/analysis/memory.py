"""How much memory a net takes, from the lifetimes of its blobs: to run it, and to train it.

What is counted is what PyTorch allocates when the compiled net runs: a blob is freed at its last
use, views share their bottom's memory, and in training what the backward pass reads is kept. The
libraries' own workspaces (of cuDNN, of oneDNN) and the CUDA context come on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netspec.analysis.gradients import Gradients, gradients
from netspec.analysis.lifetimes import Lives
from netspec.analysis.passes import NUMBER
from netspec.diagnostics import Diagnostic, SpecError, nearest
from netspec.graph import Graph
from netspec.schema.solver_types import SOLVER_TYPES


@dataclass(frozen=True)
class Memory:
    """The moment when most is live: bytes of each kind, and the layer that is running then.

    `whole` False: there are layers of which nobody knows what they hold. Statistics are with the
    parameters. Kinds: parameters, gradients (theirs), history (the solver's), blobs, kept (what the
    backward pass reads beside blobs), blob gradients, working (freed at once).
    """

    parts: Mapping[str, int]
    at: str
    whole: bool

    @property
    def peak(self) -> int:
        return sum(self.parts.values())

    def as_json(self) -> dict[str, Any]:
        return {"peak": self.peak, "at": self.at, "whole": self.whole, "parts": dict(self.parts)}


def inference(graph: Graph, number: int = NUMBER) -> Memory:
    """A forward pass without gradients, with numbers of so many bytes."""
    lives = Lives(graph, number, training=False)
    lives.forward(Gradients(frozenset(), frozenset()))
    return _most(lives)


def training(graph: Graph, solver: str = "SGD", number: int = NUMBER) -> Memory:
    """A training step: forward, backward, and the solver's update. Raises SpecError C203."""
    if solver not in SOLVER_TYPES:
        help = nearest(solver, SOLVER_TYPES) or f"one of {', '.join(SOLVER_TYPES)}"
        raise SpecError(Diagnostic("C203", f"there is no solver type {solver}", help=help))
    flows = gradients(graph)
    lives = Lives(graph, number, training=True)
    lives.remember(SOLVER_TYPES[solver])
    lives.forward(flows)
    lives.backward(flows)
    lives.update(flows, SOLVER_TYPES[solver])
    return _most(lives)


def _most(lives: Lives) -> Memory:
    """The moment of the peak."""
    return Memory(dict(lives.heap.peak), lives.heap.at, lives.whole)
