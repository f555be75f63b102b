"""TarData: samples of tar files, shards of its own for each process."""

from __future__ import annotations

from functools import partial

from torch import nn

from compiler.data.source import Reading
from compiler.data.tars import TarReader
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.tar import TarData


@lower.register
def tar_data(layer: TarData, node: Node) -> nn.Module:
    reader = partial(TarReader, layer, node.phase, node.shapes, node.name)
    return Reading(node, reader, layer.prefetch, layer.workers)
