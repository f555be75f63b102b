"""DummyData. An Input needs no module: it is an argument of the net."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.data.chance import Chance, Purpose
from compiler.data.source import Source
from compiler.fillers import fill
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.input import DummyData


class Filled(Source):
    """Blobs of fixed shapes, filled anew for each batch; on the CPU, so that devices agree."""

    def __init__(self, layer: DummyData, node: Node) -> None:
        super().__init__(node)
        self.shapes, self.fillers = node.shapes, layer.fillers(len(node.tops))

    def forward(self) -> tuple[Tensor, ...]:
        turn = self._share.turn(self.position)
        random = Chance(self._seed, self.name)(Purpose.FILL, turn)
        generator = torch.Generator().manual_seed(int(random.integers(2**63)))
        blobs = [torch.empty(shape) for shape in self.shapes]
        for blob, filler in zip(blobs, self.fillers):
            fill(blob, filler, generator)
        self.position += 1
        return tuple(blob.to(self.here.device) for blob in blobs)


@lower.register
def dummy_data(layer: DummyData, node: Node) -> nn.Module:
    return Filled(layer, node)
