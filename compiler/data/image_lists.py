"""The ImageData layer's reader: image files that a list names (image_data_layer.cpp)."""

from __future__ import annotations

import numpy as np

from compiler.data.ahead import Batch
from compiler.data.chance import Chance, Purpose
from compiler.data.decode import decode
from compiler.data.fits import check_fits
from compiler.data.resize import resize
from compiler.data.transform import Transform
from netspec.layers.data import ImageData
from netspec.records import Unreadable, first_image_shape
from netspec.records.images import open_image
from netspec.records.lists import image_list
from netspec.schema.layer import Shape
from netspec.schema.net import Phase

Entry = tuple[str, int]  # path and label


class ImageListReader:
    """Batches of images and labels; `shapes` are those of the tops. Raises Unreadable."""

    def __init__(
        self, layer: ImageData, phase: Phase, shapes: tuple[Shape, ...], name: str, seed: int
    ) -> None:
        self._layer = layer
        self._chance = Chance(seed, name)
        self._transform = Transform(layer.transform, phase)
        self._entries = list(image_list(layer.source))
        self._first = self._skipped()
        self._order = (-1, np.empty(0, np.int64))
        found = (3 if layer.is_color else 1, layer.new_height, layer.new_width)
        if not layer.new_height:
            found = first_image_shape(layer.source, layer.root_folder, layer.is_color)
        what = f"the first image of {layer.source}"
        self._size = check_fits(self._transform.shape(found, what), shapes[0], what)

    def read(self, number: int) -> list[Entry]:
        first = self._first + number * self._size
        return [self._entry(i) for i in range(first, first + self._size)]

    def make(self, items: list[Entry], number: int) -> Batch:
        pixels = [self._pixels(path) for path, _ in items]
        random = self._chance(Purpose.IMAGES, number)
        images = self._transform(pixels, lambda i: f"the image {items[i][0]}", random)
        return images, np.array([label for _, label in items], np.float32)

    def close(self) -> None:
        """Images are closed as soon as they are read."""

    def _skipped(self) -> int:
        limit = self._layer.rand_skip
        skipped = int(self._chance(Purpose.START).integers(limit)) if limit else 0
        if skipped >= len(self._entries):
            message = f"rand_skip leaves out {skipped:,} of {len(self._entries):,} images"
            raise Unreadable("C304", message, "write a rand_skip of no more than there are images")
        return skipped

    def _entry(self, index: int) -> Entry:
        turn, place = divmod(index, len(self._entries))
        if not self._layer.shuffle:
            return self._entries[place]
        if self._order[0] != turn:
            order = self._chance(Purpose.ORDER, turn).permutation(len(self._entries))
            self._order = (turn, order)
        return self._entries[self._order[1][place]]

    def _pixels(self, path: str) -> np.ndarray:
        path = self._layer.root_folder + path
        image = open_image(path, f"the image {path}")
        pixels = decode(image, f"the image {path}", self._layer.is_color)
        if not self._layer.new_height:
            return pixels
        return resize(pixels, self._layer.new_height, self._layer.new_width)
