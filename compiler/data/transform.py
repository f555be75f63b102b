"""Caffe's transformer: (cut of the image - mean) * scale, mirrored or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from compiler.data.filling import Named
from netspec.layers.transform import TransformationParameter
from netspec.records import Unreadable
from netspec.records.blob import read_blob
from netspec.records.wire import WireError
from netspec.schema.layer import Shape
from netspec.schema.net import Phase
from netspec.schema.settings import Reject
from netspec.schema.wording import spelled


class Transform:
    """Images of channels x height x width, uint8 or float32, to items of a float32 batch."""

    def __init__(self, said: TransformationParameter, phase: Phase) -> None:
        self._said, self._phase = said, phase
        self._scale = np.float32(said.scale)
        self._means = np.array(said.mean_value, np.float32)[:, None, None]
        self._mean_image = mean_image(said.mean_file) if said.mean_file else None
        self._fitting: tuple[Shape, Shape] = (), ()  # an image that fits, and its place

    def shape(self, image: Shape, what: str) -> Shape:
        """What becomes of an image of this shape; raises Unreadable (C309) if it does not fit."""
        mean = self._mean_image
        if mean is not None and mean.shape != image:
            expected = f"{self._said.mean_file} is {spelled(mean.shape)}"
            message = f"{what} is {spelled(image)}, but the mean {expected}"
            raise Unreadable("C309", message, "make the mean of these images, before they are cut")
        try:
            return self._said.shape(image)
        except Reject as wrong:
            raise Unreadable("C309", f"{what}: {wrong.message}", wrong.help) from None

    def place(
        self, into: np.ndarray, image: np.ndarray, item: Named, chosen: Sequence[float]
    ) -> None:
        """Put an image into its place in a batch, of the shape that `shape` says, to be finished.

        `chosen` are three random numbers from 0 to 1: whether it is mirrored, and which part of it
        is kept, from the top and from the left. Images may differ in size where they are cut to
        the same. Raises Unreadable (C309).
        """
        if (image.shape, into.shape) != self._fitting:
            self._check(image.shape, into.shape, item.what)
        mirror, down, right = chosen
        window = self._window(image.shape, into.shape, down, right)
        if self._said.mirror and mirror < 0.5:
            into = into[:, :, ::-1]
        into[:] = image[window]
        if self._mean_image is not None:
            into -= self._mean_image[window]

    def place_all(
        self, into: np.ndarray, images: np.ndarray, items: Sequence[Named], chosen: np.ndarray
    ) -> None:
        """The same of several images of one shape, with a row of `chosen` for each."""
        if self._said.mirror or images.shape != into.shape:
            for i, row in enumerate(chosen.tolist()):
                self.place(into[i], images[i], items[i], row)
            return
        into[:] = images
        if self._mean_image is not None:
            into -= self._mean_image

    def finish(self, part: np.ndarray) -> None:
        """Subtract mean values from images in their places, and scale them."""
        if self._means.size:
            part -= self._means
        if self._scale != 1:
            part *= self._scale

    def _check(self, image: Shape, into: Shape, what: str) -> None:
        if self.shape(image, what) != into:
            message = f"{what} is {spelled(image)}, the first of its batch is not"
            raise Unreadable("C309", message, "resize or cut the images, or use batch_size: 1")
        self._fitting = image, into

    def _window(self, image: Shape, cut: Shape, down: float, right: float) -> tuple[slice, ...]:
        """The part of an image that is kept: anywhere in TRAIN, the centre in TEST."""
        if image == cut:
            return ()
        spare = image[1] - cut[1], image[2] - cut[2]
        if self._phase is Phase.TRAIN:
            top, left = int(down * (spare[0] + 1)), int(right * (spare[1] + 1))
        else:
            top, left = spare[0] // 2, spare[1] // 2
        return slice(None), slice(top, top + cut[1]), slice(left, left + cut[2])


def mean_image(path: str) -> np.ndarray:
    """The image of a .binaryproto, channels x height x width; raises Unreadable (C301, C309)."""
    try:
        return read_blob(Path(path).read_bytes()).image.astype(np.float32)
    except WireError as wrong:
        message = f"the mean file {path} is no BlobProto of an image ({wrong})"
        raise Unreadable("C309", message, "make it anew with Caffe's compute_image_mean") from None
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        message = f"the mean file {path} cannot be read ({reason})"
        raise Unreadable("C301", message, "paths are relative to the working directory") from None
