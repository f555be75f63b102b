"""Caffe's transformer: (cut of the image - mean) * scale, mirrored or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from netspec.layers.spatial import spelled
from netspec.layers.transform import TransformationParameter
from netspec.records import Unreadable
from netspec.records.blob import read_blob
from netspec.records.wire import WireError
from netspec.schema.layer import Shape
from netspec.schema.net import Phase
from netspec.schema.settings import Reject


class Transform:
    """Images (channels x height x width, uint8 or float32) to one float32 batch."""

    def __init__(self, said: TransformationParameter, phase: Phase) -> None:
        self._said, self._phase = said, phase
        self._scale = np.float32(said.scale)
        self._means = np.array(said.mean_value, np.float32)[:, None, None]
        self._mean_image = mean_image(said.mean_file) if said.mean_file else None

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

    def __call__(
        self, images: Sequence[np.ndarray], what: Callable[[int], str], random: np.random.Generator
    ) -> np.ndarray:
        """The batch; `what(i)` is what diagnostics call an image. Raises Unreadable (C309).

        Images may differ in size where they are cut to the same; a batch may differ from the last.
        """
        shape = self.shape(images[0].shape, what(0))
        batch = np.empty((len(images), *shape), np.float32)
        for i, (mirror, down, right) in enumerate(random.random((len(images), 3))):
            image = images[i]
            if image.shape != images[0].shape and self.shape(image.shape, what(i)) != shape:
                message = f"{what(i)} is {spelled(image.shape)}, the first of its batch is not"
                raise Unreadable("C309", message, "resize or cut the images, or use batch_size: 1")
            window = self._window(image.shape, shape, down, right)
            target = batch[i, :, :, ::-1] if self._said.mirror and mirror < 0.5 else batch[i]
            target[:] = image[window]
            if self._mean_image is not None:
                target -= self._mean_image[window]
            elif self._means.size:
                target -= self._means
            if self._scale != 1:
                target *= self._scale
        return batch

    def _window(self, image: Shape, cut: Shape, down: float, right: float) -> tuple[slice, ...]:
        """The part of an image that is kept: anywhere in TRAIN, the centre in TEST."""
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
