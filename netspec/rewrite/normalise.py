"""Batch normalisation in, and what it makes superfluous out (arXiv 1502.03167, section 4.2.1)."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Graph, Node
from netspec.layers.activation import Dropout
from netspec.layers.normalization import LRN, BatchNorm
from netspec.rewrite.edit import Edit, Fresh, Insert, Vary
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import convolutions, unit

NORMALISED = (Fresh("BatchNorm", "/bn"), Fresh("Scale", "/scale", {"bias_term": "true"}))
SOLVER = (
    "with it in the solver (arXiv 1502.03167, section 4.2): base_lr x5 or x30, the rate decayed 6 "
    "times faster, weight_decay / 5"
)


def normalised(graph: Graph) -> Iterator[Proposal]:
    """BatchNorm and Scale after every convolution, LRN and Dropout out: one change of the net."""
    old = [n for n in graph.nodes if isinstance(n.layer, LRN | Dropout)]
    lrn = next((n for n in old if isinstance(n.layer, LRN)), None)
    if lrn is None:
        return
    bare = [n for n in convolutions(graph) if not _is_normalised(n, graph)]
    inserted: list[Edit] = [Insert(node, NORMALISED) for node in bare]
    removed: list[Edit] = [Vary((node,), ()) for node in old]
    what = f"BatchNorm and Scale after {len(bare)} convolutions, {len(old)} LRN and Dropout out"
    yield Proposal(lrn, (*inserted, *removed), what, note=SOLVER)


def _is_normalised(node: Node, graph: Graph) -> bool:
    return any(isinstance(n.layer, BatchNorm) for n in unit(node, graph))


REWRITES = (Rewrite("A141", "batch normalisation in, LRN and Dropout out", normalised),)
