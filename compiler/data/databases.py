"""The Data layer's reader: items of a database, in order, again and again (data_layer.cpp)."""

from __future__ import annotations

import numpy as np

from compiler.data.ahead import Batch
from compiler.data.chance import Chance, Purpose
from compiler.data.decode import decode
from compiler.data.fits import check_fits
from compiler.data.transform import Transform
from netspec.layers.data import Data
from netspec.records import first_datum_shape
from netspec.records.database import item_datum, item_name, open_database
from netspec.records.datum import Datum
from netspec.records.images import open_image
from netspec.records.lmdb_file import Item
from netspec.schema.layer import Shape
from netspec.schema.net import Phase


class DatabaseReader:
    """Batches of a database; `shapes` are those of the tops. Raises Unreadable."""

    def __init__(
        self, layer: Data, phase: Phase, shapes: tuple[Shape, ...], name: str, seed: int
    ) -> None:
        self._layer, self._tops = layer, len(shapes)
        self._chance = Chance(seed, name)
        self._transform = Transform(layer.transform, phase)
        self._items = open_database(layer.source, layer.backend.name)
        first = first_datum_shape(layer.source, layer.backend.name, layer.transform.color)
        what = f"the first item of {layer.source}"
        self._size = check_fits(self._transform.shape(first, what), shapes[0], what)

    def read(self, number: int) -> list[Item]:
        first, count = number * self._size, len(self._items)
        return [self._items[i % count] for i in range(first, first + self._size)]

    def make(self, items: list[Item], number: int) -> Batch:
        def what(i: int) -> str:
            return item_name(items[i].key, self._layer.source)

        data = [item_datum(item, self._layer.source) for item in items]
        pixels = [self._pixels(datum, what(i)) for i, datum in enumerate(data)]
        images = self._transform(pixels, what, self._chance(Purpose.IMAGES, number))
        labels = np.array([datum.label for datum in data], np.float32)
        return (images, labels)[: self._tops]

    def _pixels(self, datum: Datum, what: str) -> np.ndarray:
        if datum.encoded:
            return decode(open_image(datum.data, what), what, self._layer.transform.color)
        if datum.data:
            return np.frombuffer(datum.data, np.uint8).reshape(datum.shape)
        return np.frombuffer(datum.floats, "<f4").reshape(datum.shape)

    def close(self) -> None:
        self._items.close()
