"""The parameters of a net as a solver sees them: in Caffe's order, each once, with its multipliers.

Statistics of a BatchNorm are among them, with a learning rate of zero (net.cpp, Net::AppendParam).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from compiler.network import Network
from netspec.graph import Graph


@dataclass(frozen=True)
class Learnable:
    """A parameter blob by its owner, and what multiplies learning rate and weight decay for it."""

    layer: str
    index: int
    values: Tensor
    lr_mult: float
    decay_mult: float


def learnables(net: Network) -> list[Learnable]:
    """Caffe's learnable_params."""
    multipliers = _multipliers(net.spec)
    found = []
    for node in net.spec.nodes:
        for i, weight in enumerate(node.weights):
            if (node.name, i) not in net.spec.owners:
                lr_mult, decay_mult = multipliers.get((node.name, i), (1.0, 1.0))
                lr_mult = lr_mult if weight.learned else 0.0
                found.append(
                    Learnable(node.name, i, net.parameter(node.name, i), lr_mult, decay_mult)
                )
    return found


def _multipliers(graph: Graph) -> dict[tuple[str, int], tuple[float, float]]:
    """(lr_mult, decay_mult) of each owner; of layers that share it, the first decides."""
    said: dict[tuple[str, int], list[float | None]] = {}
    for node in graph.nodes:
        for i, spec in enumerate(node.params):
            known = said.setdefault(graph.owners.get((node.name, i), (node.name, i)), [None, None])
            for j, value in enumerate((spec.lr_mult, spec.decay_mult)):
                known[j] = value if known[j] is None else known[j]
    return {
        place: (1.0 if lr is None else lr, 1.0 if decay is None else decay)
        for place, (lr, decay) in said.items()
    }
