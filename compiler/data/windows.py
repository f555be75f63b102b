"""The WindowData layer's reader: windows drawn from images (window_data_layer.cpp)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from compiler.data.ahead import Making
from compiler.data.chance import Purpose
from compiler.data.decode import decode_file
from compiler.data.filling import Filling
from compiler.data.fits import check_fits
from compiler.data.stream import Stream
from compiler.data.transform import mean_image
from compiler.data.warp import warp
from netspec.layers.reading import Broken
from netspec.layers.windows import WindowData
from netspec.records import Unreadable
from netspec.records.windows import windowed_images
from netspec.schema.layer import Shape
from netspec.schema.settings import Reject


class Drawn(NamedTuple):
    """A window, as label, overlap, x1, y1, x2, y2, in the image at a path."""

    path: str
    window: np.ndarray
    mirrored: bool

    @property
    def what(self) -> str:
        return f"the image {self.path}"


class WindowReader:
    """Batches of windows, background first; `shapes` are those of the tops. Raises Unreadable."""

    records = 0  # windows are drawn, and there is no epoch

    def __init__(
        self, layer: WindowData, shapes: tuple[Shape, ...], name: str, stream: Stream
    ) -> None:
        self._layer, self._stream, self._chance = layer, stream, stream.chance(name)
        images = list(windowed_images(layer.source))
        self._paths = [image.path for image in images]
        self._windows = np.concatenate([image.windows for image in images])
        self._images = np.repeat(np.arange(len(images)), [len(i.windows) for i in images])
        overlap = self._windows[:, 1]
        foreground = overlap >= np.float32(layer.fg_threshold)
        background = ~foreground & (overlap < np.float32(layer.bg_threshold))
        self._windows[background, :2] = 0
        self._sets = background.nonzero()[0], foreground.nonzero()[0]
        self._check()
        said = layer.transform
        self._mean = mean_image(said.mean_file) if said.mean_file else None
        self._means = np.array(said.mean_value, np.float32)[:, None, None]
        self._shape = (3, said.crop_size, said.crop_size)
        self._size = check_fits(self._shape, shapes[0], "a window")
        try:
            said.require_means(3)
        except Reject as wrong:
            raise Unreadable("C309", wrong.message, wrong.help) from None

    def _check(self) -> None:
        for chosen, kind in zip(self._sets, ("background", "foreground")):
            if not len(chosen):
                message = f"{self._layer.source} has no {kind} windows"
                raise Unreadable("C304", message, "check fg_threshold and bg_threshold")
        labels = self._windows[self._sets[1], 0]
        if labels.min() < 1:
            message = f"a foreground window of {self._layer.source} has the label {labels.min():g}"
            raise Unreadable("C305", message, "classes count from 1; 0 is the background")

    def read(self, number: int) -> list[Drawn]:
        random = self._chance(Purpose.WINDOWS, self._stream.share.turn(number))
        front = int(np.float32(self._size) * np.float32(self._layer.fg_fraction))
        counts = self._size - front, front
        drawn = [c[random.integers(len(c), size=n)] for c, n in zip(self._sets, counts)]
        flips = self._layer.transform.mirror & (random.random(self._size) < 0.5)
        root = self._layer.root_folder
        return [
            Drawn(root + self._paths[self._images[i]], self._windows[i], bool(flip))
            for i, flip in zip(np.concatenate(drawn), flips)
        ]

    def make(self, items: list[Drawn], number: int) -> Making:
        data, label = self._stream.blob(len(items), *self._shape), self._stream.blob(len(items))
        batch, labels, scale = data.numpy(), label.numpy(), np.float32(self._layer.scale)

        def fill(i: int) -> None:
            item = items[i]
            image = decode_file(item.path, color=True)
            warped, top, left = warp(image, item.window[2:], self._layer, item.mirrored, item.what)
            batch[i] = 0
            place = (i, slice(None), *_window(top, left, warped.shape))
            batch[place] = (warped - self._means_at(top, left, warped.shape)) * scale
            labels[i] = item.window[0]

        skips = self._layer.broken is Broken.SKIP
        return Filling((data, label), items, fill, self._stream.skipped if skips else None).making()

    def _means_at(self, top: int, left: int, shape: tuple[int, ...]) -> np.ndarray | np.float32:
        """What is subtracted there: the centre of the mean image is the window's."""
        if self._mean is None:
            return self._means if self._means.size else np.float32(0)
        offset = (self._mean.shape[2] - self._shape[2]) // 2
        found = self._mean[(slice(None), *_window(top + offset, left + offset, shape))]
        if offset < 0 or found.shape != shape:
            message = f"{self._layer.transform.mean_file} is smaller than a window"
            raise Unreadable("C309", message, "make a mean of crop_size or more")
        return found

    def close(self) -> None:
        """Images are closed as soon as they are read."""


def _window(top: int, left: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    return slice(top, top + shape[1]), slice(left, left + shape[2])
