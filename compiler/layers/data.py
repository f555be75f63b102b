"""Layers that read data: what is read, and how far ahead."""

from __future__ import annotations

from functools import partial

from torch import nn

from compiler.data.databases import DatabaseReader
from compiler.data.image_lists import ImageListReader
from compiler.data.row_files import RowReader
from compiler.data.source import Reading
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.data import Data, HDF5Data, ImageData

AHEAD = 4  # batches: data_param's default, which in Caffe is ImageData's too


@lower.register
def data(layer: Data, node: Node) -> nn.Module:
    reader = partial(DatabaseReader, layer, node.phase, node.shapes, node.name)
    return Reading(node, reader, layer.prefetch, layer.workers)


@lower.register
def image_data(layer: ImageData, node: Node) -> nn.Module:
    reader = partial(ImageListReader, layer, node.phase, node.shapes, node.name)
    return Reading(node, reader, AHEAD, layer.workers)


@lower.register
def hdf5_data(layer: HDF5Data, node: Node) -> nn.Module:
    reader = partial(RowReader, layer, node.shapes, node.tops, node.name)
    return Reading(node, reader, AHEAD)
