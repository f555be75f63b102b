"""Writing BlobProtos blob by blob: the lengths are known beforehand, the numbers are read last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import IO

import numpy
import torch
from torch import Tensor

from netspec.records.blob import DATA, DIFF, SHAPE
from netspec.records.wire import BYTES, write_field, write_varint

Read = Callable[[], Tensor]


@dataclass(frozen=True)
class Numbers:
    """The place of `count` 32-bit numbers in a message."""

    count: int
    read: Read

    def __len__(self) -> int:
        return 4 * self.count


Part = bytes | Numbers


def message(number: int, parts: Iterable[Part]) -> list[Part]:
    """The field of that number, which holds the message made of `parts`."""
    parts = list(parts)
    size = sum(len(part) for part in parts)
    return [write_varint(number << 3 | BYTES) + write_varint(size), *parts]


def blob_parts(
    shape: tuple[int, ...], read: Read, diff: Read | None = None, legacy: bool = False
) -> list[Part]:
    """A BlobProto with shape, packed 32-bit data and, where given, diff.

    `legacy` writes the shape as num, channels, height and width.
    """
    if legacy:
        parts: list[Part] = [write_field(i, d) for i, d in enumerate(shape, 1)]
    else:
        parts = message(SHAPE, message(1, [b"".join(write_varint(d) for d in shape)]))
    parts += message(DATA, [Numbers(prod(shape), read)])
    return parts if diff is None else parts + message(DIFF, [Numbers(prod(shape), diff)])


def write_parts(file: IO[bytes], parts: Iterable[Part]) -> None:
    """Write parts in turn; the numbers of one blob at a time are in memory."""
    for part in parts:
        file.write(octets(part.read()) if isinstance(part, Numbers) else part)


def octets(values: Tensor) -> memoryview:
    """The numbers as a file of Caffe's has them: 32 bits each, little-endian."""
    flat = values.detach().to("cpu", torch.float32).reshape(-1).numpy().astype("<f4", copy=False)
    return flat.view(numpy.uint8).data
