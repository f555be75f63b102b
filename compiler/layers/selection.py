"""Parts of blobs: windows, items of the batch, repeated blocks."""

from __future__ import annotations

from torch import Tensor, nn

from compiler.indices import indices
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.selection import BatchReindex, Crop, Filter, Tile


class Window(nn.Module):
    """Crop the first bottom to the size of the second."""

    def __init__(self, layer: Crop) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, blob: Tensor, size: Tensor) -> Tensor:
        return blob[self.layer.window(tuple(blob.shape), tuple(size.shape))]


class Items(nn.Module):
    """The items of the batch that the second bottom names."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, blob: Tensor, places: Tensor) -> Tensor:
        return blob.index_select(0, indices(places, blob.shape[0], self.name))


class Chosen(nn.Module):
    """The items of the batch for which the last bottom is not 0."""

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        *blobs, selector = bottoms
        chosen = selector.reshape(-1).nonzero().squeeze(1)
        tops = tuple(blob.index_select(0, chosen) for blob in blobs)
        return tops if len(tops) > 1 else tops[0]


class Tiled(nn.Module):
    """A blob repeated along an axis."""

    def __init__(self, layer: Tile) -> None:
        super().__init__()
        self.axis, self.tiles = layer.axis, layer.tiles

    def forward(self, blob: Tensor) -> Tensor:
        times = [1] * blob.dim()
        times[self.axis] = self.tiles
        return blob.repeat(times)

    def extra_repr(self) -> str:
        return f"axis={self.axis}, tiles={self.tiles}"


@lower.register
def crop(layer: Crop, node: Node) -> nn.Module:
    return Window(layer)


@lower.register
def batch_reindex(layer: BatchReindex, node: Node) -> nn.Module:
    return Items(node.name)


@lower.register
def filter_(layer: Filter, node: Node) -> nn.Module:
    return Chosen()


@lower.register
def tile(layer: Tile, node: Node) -> nn.Module:
    return Tiled(layer)
