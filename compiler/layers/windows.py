"""WindowData: windows drawn at random, foreground and background."""

from __future__ import annotations

from functools import partial

from torch import nn

from compiler.data.source import Reading
from compiler.data.windows import WindowReader
from compiler.layers.data import AHEAD
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.windows import WindowData


@lower.register
def window_data(layer: WindowData, node: Node) -> nn.Module:
    reader = partial(WindowReader, layer, node.shapes, node.name)
    return Reading(node, reader, AHEAD, layer.workers)
