"""Writing BlobProtos without copying: a message is a list of byte strings and views of tensors."""

from __future__ import annotations

import numpy
import torch
from torch import Tensor

from netspec.records.blob import DATA, DIFF, SHAPE
from netspec.records.wire import BYTES, write_field, write_varint

Parts = list[bytes | memoryview]


def message(number: int, parts: Parts) -> Parts:
    """The field of that number, which holds the message made of `parts`."""
    head = write_varint(number << 3 | BYTES) + write_varint(sum(len(p) for p in parts))
    return [head, *parts]


def blob_parts(values: Tensor, diff: Tensor | None = None, legacy: bool = False) -> Parts:
    """A BlobProto with shape, packed 32-bit data and, where given, diff.

    `legacy` writes the shape as num, channels, height and width.
    """
    if legacy:
        parts: Parts = [write_field(i, d) for i, d in enumerate(values.shape, 1)]
    else:
        dims = b"".join(write_varint(d) for d in values.shape)
        parts = message(SHAPE, message(1, [dims]))
    parts += message(DATA, [_bytes(values)])
    return parts if diff is None else parts + message(DIFF, [_bytes(diff)])


def _bytes(values: Tensor) -> memoryview:
    flat = values.detach().to("cpu", torch.float32).reshape(-1).numpy().astype("<f4", copy=False)
    return flat.view(numpy.uint8).data
