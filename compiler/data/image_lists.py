"""The ImageData layer's reader: image files that a list names (image_data_layer.cpp)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compiler.data.ahead import Making
from compiler.data.chance import Purpose
from compiler.data.decode import decode_file
from compiler.data.labelled import Batches
from compiler.data.resize import resize
from compiler.data.stream import Stream
from netspec.layers.data import ImageData
from netspec.layers.reading import Broken
from netspec.records import Unreadable, first_image_shape
from netspec.records.images import require_file
from netspec.records.lists import image_list
from netspec.records.peek import file_shape
from netspec.schema.layer import Shape
from netspec.schema.net import Phase

LOOKED_AT = 16  # files, before the first batch


@dataclass(frozen=True)
class ListedImage:
    """A line of the list."""

    path: str
    label: int
    layer: ImageData

    @property
    def what(self) -> str:
        return f"the image {self.path}"

    def shape(self) -> Shape:
        if self.layer.new_height:
            return self.layer.channels, self.layer.new_height, self.layer.new_width
        return file_shape(self.path, self.layer.is_color)

    def read(self) -> tuple[np.ndarray, float]:
        pixels = decode_file(self.path, self.layer.is_color)
        if self.layer.new_height:
            pixels = resize(pixels, self.layer.new_height, self.layer.new_width)
        return pixels, self.label


class ImageListReader:
    """Batches of images and labels; `shapes` are those of the tops. Raises Unreadable."""

    def __init__(
        self, layer: ImageData, phase: Phase, shapes: tuple[Shape, ...], name: str, stream: Stream
    ) -> None:
        self._layer, self._share, self._chance = layer, stream.share, stream.chance(name)
        self._batches = Batches(layer.transform, layer, phase, shapes, name, stream)
        self._entries = list(image_list(layer.source))
        self.records = len(self._entries)
        self._first = self._skipped()
        self._order = (-1, np.empty(0, np.int64))
        found = (layer.channels, layer.new_height, layer.new_width)
        if not layer.new_height:
            found = first_image_shape(layer.source, layer.root_folder, layer.is_color)
        if layer.broken is Broken.STOP:
            for path, _ in self._entries[:LOOKED_AT]:
                require_file(layer.root_folder + path)
        self._size = self._batches.fit(found, f"the first image of {layer.source}")

    def read(self, number: int) -> list[ListedImage]:
        root, places = self._layer.root_folder, self._share.records(number, self._size)
        entries = (self._entry(self._first + i) for i in places)
        return [ListedImage(root + path, label, self._layer) for path, label in entries]

    def make(self, items: list[ListedImage], number: int) -> Making:
        return self._batches.make(items, number)

    def close(self) -> None:
        """Images are closed as soon as they are read."""

    def _skipped(self) -> int:
        limit = self._layer.rand_skip
        skipped = int(self._chance(Purpose.START).integers(limit)) if limit else 0
        if skipped >= len(self._entries):
            message = f"rand_skip leaves out {skipped:,} of {len(self._entries):,} images"
            raise Unreadable("C304", message, "write a rand_skip of no more than there are images")
        return skipped

    def _entry(self, index: int) -> tuple[str, int]:
        turn, place = divmod(index, len(self._entries))
        if not self._layer.shuffle:
            return self._entries[place]
        if self._order[0] != turn:
            order = self._chance(Purpose.ORDER, turn).permutation(len(self._entries))
            self._order = (turn, order)
        return self._entries[self._order[1][place]]
