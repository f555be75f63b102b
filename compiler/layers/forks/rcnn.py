"""ProposalLayer of py-faster-rcnn, with as many proposals as its configuration has by default."""

from __future__ import annotations

from torch import Tensor, nn

from compiler.layers.forks.regions import Proposals
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.rcnn import ProposalLayer


class ColumnOfScores(Proposals):
    """The scores, where they are asked for, are regions x 1."""

    def forward(self, scores: Tensor, moves: Tensor, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        tops = super().forward(scores, moves, image)
        return (tops[0], tops[1][:, None]) if isinstance(tops, tuple) else tops


@lower.register
def proposal_layer(layer: ProposalLayer, node: Node) -> nn.Module:
    return ColumnOfScores(layer, node, *layer.most[node.phase])
