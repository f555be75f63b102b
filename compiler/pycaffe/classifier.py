"""caffe.Classifier and caffe.Detector: nets that take images, and windows of images."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from compiler.pycaffe.images import load_image, resize_image
from compiler.pycaffe.images import oversample as ten_crops
from compiler.pycaffe.memory import Array
from compiler.pycaffe.net import Net
from compiler.pycaffe.transformer import Transformer
from netspec.pycaffe.caffe import TEST

File = str | os.PathLike[str]
Window = Sequence[int]


class _OfImages(Net):
    """A net in TEST whose first input takes images, prepared by `transformer`."""

    def __init__(
        self,
        model_file: File,
        pretrained_file: File,
        mean: Array | None,
        input_scale: float | None,
        raw_scale: float | None,
        channel_swap: Sequence[int] | None,
    ) -> None:
        super().__init__(model_file, TEST, weights=pretrained_file)
        self._input = self.inputs[0]
        shape = self.blobs[self._input].shape
        self.transformer = Transformer({self._input: shape})
        self.transformer.set_transpose(self._input, (2, 0, 1))
        self.image_size = np.array(shape[2:])
        if mean is not None:
            self.transformer.set_mean(self._input, mean)
        if input_scale is not None:
            self.transformer.set_input_scale(self._input, input_scale)
        if raw_scale is not None:
            self.transformer.set_raw_scale(self._input, raw_scale)
        if channel_swap is not None:
            self.transformer.set_channel_swap(self._input, channel_swap)

    def _predictions(self, images: Iterable[Array]) -> Array:
        """The first output for each image."""
        ready = np.stack([self.transformer.preprocess(self._input, image) for image in images])
        return self.forward_all(None, **{self._input: ready})[self.outputs[0]]


class Classifier(_OfImages):
    """`image_dims` are the height and width that images are brought to before they are cropped;
    without them, the size of the net's input.
    """

    def __init__(
        self,
        model_file: File,
        pretrained_file: File,
        image_dims: Sequence[int] | None = None,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ) -> None:
        super().__init__(model_file, pretrained_file, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = self.image_size
        self.image_dims = np.array(image_dims) if image_dims is not None else self.crop_dims

    def predict(self, inputs: Sequence[Array], oversample: bool = True) -> Array:
        """A row for each image, height x width x channels: the mean over ten crops, corners, middle
        and mirrored; or the middle alone.
        """
        images = [resize_image(image, tuple(self.image_dims)) for image in inputs]
        if not oversample:
            top, left = (self.image_dims - self.crop_dims) // 2
            high, wide = self.crop_dims
            return self._predictions(i[top : top + high, left : left + wide] for i in images)
        found = self._predictions(ten_crops(images, tuple(self.crop_dims)))
        return found.reshape(len(images), 10, -1).mean(1)


class Detector(_OfImages):
    """Classifies windows of images; `context_pad` pixels of the net's input, at each side, show
    what is around a window, and the mean where that is outside of the image.
    """

    def __init__(
        self,
        model_file: File,
        pretrained_file: File,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
    ) -> None:
        super().__init__(model_file, pretrained_file, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def configure_crop(self, context_pad: int | None) -> None:
        """How much context there is, and the mean that stands for what lies outside of images."""
        self.context_pad = context_pad
        channels = self.blobs[self._input].shape[1]
        self.crop_dims = np.array([*self.image_size, channels])
        mean = self.transformer.mean.get(self._input)
        if mean is None:
            self.crop_mean = np.zeros(self.crop_dims, np.float32)
            return
        swap = self.transformer.channel_swap.get(self._input)
        mean = np.broadcast_to(mean, (channels, *self.image_size))
        mean = mean[np.argsort(swap)] if swap is not None else mean
        scale = self.transformer.raw_scale.get(self._input, 1.0)
        self.crop_mean = (mean.transpose(1, 2, 0) / scale).astype(np.float32)

    def detect_windows(
        self, images_windows: Iterable[tuple[File, Sequence[Window]]]
    ) -> list[dict[str, Any]]:
        """For each window (top, left, bottom, right) of each image file, a dict of `filename`,
        `window` and `prediction`.
        """
        places, crops = [], []
        for filename, windows in images_windows:
            image = load_image(filename)
            for window in windows:
                places.append((filename, window))
                crops.append(self.crop(image, np.asarray(window)))
        return [
            {"window": window, "prediction": prediction, "filename": filename}
            for (filename, window), prediction in zip(places, self._predictions(crops))
        ]

    def detect_selective_search(self, image_fnames: Iterable[File]) -> list[dict[str, Any]]:
        """The same for the windows that Selective Search proposes, a MATLAB program, by the Python
        module selective_search_ijcv_with_python. Raises ModuleNotFoundError without it.
        """
        import selective_search_ijcv_with_python as selective_search  # type: ignore

        names = [os.path.abspath(name) for name in image_fnames]
        windows = selective_search.get_windows(names, cmd="selective_search_rcnn")
        return self.detect_windows(zip(names, windows))

    def crop(self, im: Array, window: Array) -> Array:
        """A window of an image, with its context brought to the net's size (R-CNN, section 2.1)."""
        top, left, bottom, right = (int(v) for v in window)
        if not self.context_pad:
            return im[top:bottom, left:right]
        size = int(self.image_size[1])
        larger = size / (size - 2 * self.context_pad)
        half = np.array([(bottom - top + 1) / 2, (right - left + 1) / 2])
        middle = np.array([top, left]) + half
        low = np.round(middle - larger * half)
        high = np.round(middle + larger * half)
        scale = size / (high - low + 1)
        pad = np.round(np.maximum(0, -low) * scale).astype(int)
        limit = np.array(im.shape[:2])
        low, high = (np.clip(edge, 0, limit) for edge in (low, high))
        inner = np.minimum(np.round((high - low + 1) * scale), size - pad).astype(int)
        (y, x), (y_end, x_end) = low.astype(int), high.astype(int)
        made = np.ones(self.crop_dims, np.float32) * self.crop_mean
        part = resize_image(im[y:y_end, x:x_end], inner)
        made[pad[0] : pad[0] + inner[0], pad[1] : pad[1] + inner[1]] = part
        return made
