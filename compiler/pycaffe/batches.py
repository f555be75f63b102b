"""Nets over more items than a batch has; the last batch is filled up with zeros.

What comes of those is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from compiler.pycaffe.layer import Batches
from compiler.pycaffe.memory import Array

if TYPE_CHECKING:
    from compiler.pycaffe.net import Net

Arrays = dict[str, Array]


def forward_all(net: Net, blobs: Sequence[str] | None, arrays: Arrays) -> Arrays:
    """`forward` of each batch, joined."""
    found = [_copies(net.forward(list(blobs or ()), **batch)) for batch in _batches(net, arrays)]
    return _joined(found, _items(arrays))


def forward_backward_all(
    net: Net, blobs: Sequence[str] | None, diffs: Sequence[str] | None, arrays: Arrays
) -> tuple[Arrays, Arrays]:
    """`forward` and `backward` of each batch, joined."""
    forth = _batches(net, {name: a for name, a in arrays.items() if name in net.inputs})
    back = _batches(net, {name: a for name, a in arrays.items() if name in net.outputs})
    made, returned = [], []
    none: Arrays = {}
    for data, gradients in zip_longest(forth, back, fillvalue=none):
        made.append(_copies(net.forward(list(blobs or ()), **data)))
        returned.append(_copies(net.backward(list(diffs or ()), **gradients)))
    return _joined(made, _items(arrays)), _joined(returned, _items(arrays))


def set_input_arrays(net: Net, data: Array, labels: Array) -> None:
    """Give the first layer, a MemoryData, what it hands out."""
    first = net.layers[0]
    if not isinstance(first, Batches):
        raise RuntimeError("set_input_arrays needs a net whose first layer is a MemoryData")
    labels = labels.reshape(len(labels), 1, 1, 1) if labels.ndim == 1 else labels
    batch, *item = net._blobs[net._top_ids(0)[0]].shape
    for name, array, wanted in (("data", data, item), ("labels", labels, [1, 1, 1])):
        if array.dtype != np.float32 or not array.flags.c_contiguous:
            raise RuntimeError(f"the {name} have to be a contiguous array of float32")
        if list(array.shape[1:]) != wanted:
            raise RuntimeError(f"the {name} are {array.shape}, and each has to be {wanted}")
    if len(data) != len(labels) or not len(data) or len(data) % batch:
        message = f"{len(data)} items and {len(labels)} labels are no whole batches of {batch}"
        raise RuntimeError(message)
    first.data, first.labels = torch.from_numpy(data), torch.from_numpy(labels)
    first.position = 0


def _batches(net: Net, arrays: Mapping[str, Array]) -> Iterator[dict[str, Any]]:
    """The arrays cut into batches of the net's first blob."""
    size = net._blobs[0].shape[0]
    for start in range(0, _items(arrays), size):
        yield {name: _filled_up(a[start : start + size], size) for name, a in arrays.items()}


def _items(arrays: Mapping[str, Array]) -> int:
    return len(next(iter(arrays.values()))) if arrays else 0


def _filled_up(items: Array, size: int) -> Array:
    items = np.asarray(items)
    if len(items) == size:
        return items
    return np.concatenate([items, np.zeros((size - len(items), *items.shape[1:]), items.dtype)])


def _copies(arrays: Arrays) -> Arrays:
    return {name: array.copy() for name, array in arrays.items()}


def _joined(batches: Sequence[Arrays], items: int) -> Arrays:
    names = batches[0] if batches else ()
    return {name: np.concatenate([b[name] for b in batches])[: items or None] for name in names}
