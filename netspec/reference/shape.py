"""Layers that move elements about, and reductions."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "Reshape": (
        Row(
            "0 copies a size, -1 is what is left; axis and num_axes choose what is replaced",
            "reshape knows -1 only",
            "layers/reshape_layer.cpp:12",
            "reshape-insert",
        ),
    ),
    "Tile": (
        Row(
            "repeats the whole block",
            "torch.tile; repeat_interleave repeats elements",
            "layers/tile_layer.cpp:12",
            "tile",
        ),
    ),
    "Reduction": (
        Row(
            "over all axes from axis on, 0 by default: a single number",
            "over the axes that are named",
            "layers/reduction_layer.cpp:17",
            "reduction-sum",
        ),
    ),
    "ArgMax": (
        Row(
            "of equal values the later one comes first",
            "in whatever order",
            "layers/argmax_layer.cpp:33",
            "argmax",
        ),
    ),
    "Filter": (
        Row(
            "keeps the images whose selector is not 0: the batch has another size each time",
            "indexing by a mask",
            "layers/filter_layer.cpp:44",
            "filter",
        ),
    ),
}
