"""caffe.io.Transformer: an image as a script has it to the numbers that a net was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compiler.pycaffe.images import resize_image
from compiler.pycaffe.memory import Array


class Transformer:
    """The steps for each input, in this order: resize, transpose, swap channels, multiply by
    raw_scale, subtract the mean, multiply by input_scale. `inputs` are the shapes of the blobs.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = {name: tuple(shape) for name, shape in inputs.items()}
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, Array] = {}
        self.input_scale: dict[str, float] = {}

    def preprocess(self, in_: str, data: Array) -> Array:
        """Height x width x channels to the blob's channels x height x width, float32."""
        size = self._shape(in_)[2:]
        made = np.asarray(data, np.float32)
        if made.shape[:2] != size:
            made = resize_image(made, size)
        if in_ in self.transpose:
            made = made.transpose(self.transpose[in_])
        if in_ in self.channel_swap:
            made = made[list(self.channel_swap[in_])]
        if in_ in self.raw_scale:
            made = made * np.float32(self.raw_scale[in_])
        if in_ in self.mean:
            made = made - self.mean[in_]
        if in_ in self.input_scale:
            made = made * np.float32(self.input_scale[in_])
        return np.asarray(made, np.float32)

    def deprocess(self, in_: str, data: Array) -> Array:
        """The way back from a blob's item, but for its size."""
        self._shape(in_)
        made = np.squeeze(data).astype(np.float32)
        if in_ in self.input_scale:
            made = made / np.float32(self.input_scale[in_])
        if in_ in self.mean:
            made = made + self.mean[in_]
        if in_ in self.raw_scale:
            made = made / np.float32(self.raw_scale[in_])
        if in_ in self.channel_swap:
            made = made[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            made = made.transpose(np.argsort(self.transpose[in_]))
        return made

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """(2, 0, 1) takes height x width x channels to channels x height x width."""
        axes = len(self._shape(in_)) - 1
        _require(len(order) == axes, f"the order has {len(order)} axes, and {in_} has {axes}")
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """(2, 1, 0) takes R G B to B G R; channels are the first axis by then."""
        channels = self._shape(in_)[1]
        message = f"the order has {len(order)} channels, and {in_} has {channels}"
        _require(len(order) == channels, message)
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """255 for a net that was trained on pixels of 0 to 255."""
        self._shape(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: Array) -> None:
        """A value for each channel, or an image, which is resized where it has another size."""
        _, channels, *size = self._shape(in_)
        mean = np.asarray(mean)
        if mean.ndim == 1:
            message = f"the mean has {len(mean)} channels, and {in_} has {channels}"
            _require(len(mean) == channels, message)
            self.mean[in_] = mean[:, None, None]
            return
        image: Any = mean[None] if mean.ndim == 2 else mean
        _require(image.ndim == 3, f"the mean is {mean.shape}; give channels x height x width")
        if image.shape != (channels, *size):
            image = resize_image(image.transpose(1, 2, 0), size).transpose(2, 0, 1)
        self.mean[in_] = image

    def set_input_scale(self, in_: str, scale: float) -> None:
        """Multiplies what is left once the mean is subtracted."""
        self._shape(in_)
        self.input_scale[in_] = scale

    def _shape(self, in_: str) -> tuple[int, ...]:
        _require(in_ in self.inputs, f"{in_} is none of the inputs, {', '.join(self.inputs)}")
        return self.inputs[in_]


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)
