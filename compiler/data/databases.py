"""The Data layer's reader: items of a database, in order, again and again (data_layer.cpp)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from compiler.data.ahead import Making
from compiler.data.alike import alike
from compiler.data.decode import decode
from compiler.data.labelled import Batches
from compiler.data.stream import Stream
from netspec.layers.data import Data
from netspec.records import first_datum_shape
from netspec.records.database import item_datum, item_name, open_database
from netspec.records.datum import Datum
from netspec.records.lmdb_file import Item
from netspec.records.peek import datum_shape
from netspec.schema.layer import Shape
from netspec.schema.net import Phase


class StoredImage(NamedTuple):
    """An item of a database."""

    item: Item
    source: str
    color: bool | None

    @property
    def what(self) -> str:
        return item_name(self.item.key, self.source)

    def shape(self) -> Shape:
        return datum_shape(self.item, self.source, self.color)

    def read(self) -> tuple[np.ndarray, float]:
        datum = item_datum(self.item, self.source)
        if datum.encoded:
            return decode(datum.data, self.what, self.color), datum.label
        return datum_numbers(datum), datum.label


def datum_pixels(datum: Datum, what: str, color: bool | None) -> np.ndarray:
    """channels x height x width, uint8 or float32; raises Unreadable (C306)."""
    return decode(datum.data, what, color) if datum.encoded else datum_numbers(datum)


def datum_numbers(datum: Datum) -> np.ndarray:
    """The same of one that is not encoded."""
    if datum.data:
        return np.frombuffer(datum.data, np.uint8).reshape(datum.shape)
    return np.frombuffer(datum.floats, "<f4").reshape(datum.shape)


def together(images: Sequence[StoredImage]) -> tuple[np.ndarray, np.ndarray] | None:
    """All of them at once, where they are alike."""
    return alike([image.item.value for image in images])


class DatabaseReader:
    """Batches of a database; `shapes` are those of the tops. Raises Unreadable."""

    def __init__(
        self, layer: Data, phase: Phase, shapes: tuple[Shape, ...], name: str, stream: Stream
    ) -> None:
        self._layer, self._share = layer, stream.share
        self._batches = Batches(layer.transform, layer, phase, shapes, name, stream, together)
        self._items = open_database(layer.source, layer.backend.name)
        self.records = self._items.known
        first = first_datum_shape(layer.source, layer.backend.name, layer.transform.color)
        self._size = self._batches.fit(first, f"the first item of {layer.source}")

    def read(self, number: int) -> list[StoredImage]:
        source, color = self._layer.source, self._layer.transform.color
        places = self._share.records(number, self._size)
        return [StoredImage(self._items.turn(i), source, color) for i in places]

    def make(self, items: list[StoredImage], number: int) -> Making:
        return self._batches.make(items, number)

    def close(self) -> None:
        self._items.close()
