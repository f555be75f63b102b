"""Images as pycaffe has them: height x width x channels, R G B, between 0 and 1."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from PIL import Image

from compiler.pycaffe.memory import Array

LUMA = np.array([0.2125, 0.7154, 0.0721])  # scikit-image's, which pycaffe reads images with


def load_image(filename: str | os.PathLike[str], color: bool = True) -> Array:
    """An image file as float32 between 0 and 1: height x width x 3, or x 1 without `color`."""
    with Image.open(filename) as image:
        plain = image.convert("RGB") if image.mode in ("P", "CMYK", "YCbCr", "1") else image
        pixels = np.asarray(plain)
    most = 65535 if pixels.dtype.itemsize > 1 else 255
    pixels = pixels.astype(np.float32) / most
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3 if color else 1, axis=2)
    if pixels.shape[2] == 2:  # grey with transparency
        return np.repeat(pixels[:, :, :1], 3 if color else 1, axis=2)
    pixels = pixels[:, :, :3]
    return pixels if color else (pixels @ LUMA)[:, :, None].astype(np.float32)


def resize_image(image: Array, new_dims: Sequence[float], interp_order: int = 1) -> Array:
    """An image of any number of channels at another height and width, as float32.

    Of one or three channels as scikit-image does it, where what lies outside of the image is its
    darkest value; of others as SciPy's zoom does, corners on corners.
    """
    height, width = (int(d) for d in new_dims[:2])
    low, high = float(image.min()), float(image.max())
    if image.shape[-1] not in (1, 3):
        return _interpolated(image, height, width, interp_order, corners=True).astype(np.float32)
    if high <= low:
        return np.full((height, width, image.shape[-1]), low, np.float32)
    scaled = resize((image - low) / (high - low), (height, width), interp_order)
    return (scaled * (high - low) + low).astype(np.float32)


def resize(image: Array, output_shape: Sequence[float], order: int = 1) -> Array:
    """scikit-image's: linear (order 1) or the nearest pixel (0), zeros outside of the image."""
    height, width = (int(d) for d in output_shape[:2])
    return _interpolated(image, height, width, order, corners=False)


def _interpolated(image: Array, height: int, width: int, order: int, corners: bool) -> Array:
    if order not in (0, 1):
        raise ValueError(f"images are resized with order 0 or 1, not {order}")
    made = np.asarray(image, float)
    for axis, size in enumerate((height, width)):
        weights = interpolation(image.shape[axis], size, order, corners)
        made = np.moveaxis(np.tensordot(weights, made, axes=(1, axis)), 0, axis)
    return made


def interpolation(old: int, new: int, order: int, corners: bool) -> Array:
    """What each old pixel of a line counts in each new one: new x old.

    With `corners`, the centres of the first and the last pixels stay where they are; without, the
    borders of the line do.
    """
    if corners:
        at = np.arange(new) * ((old - 1) / (new - 1) if new > 1 else 0.0)
    else:
        at = (np.arange(new) + 0.5) * old / new - 0.5
    if order == 0:
        at = np.floor(at + 0.5)
    return np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(old)[None, :]))


def oversample(images: Sequence[Array], crop_dims: Sequence[int]) -> Array:
    """Ten crops of each image: the corners, the middle, and those five mirrored.

    Images are height x width x channels and of one size; the result is 10 N x height x width x
    channels.
    """
    height, width, _ = images[0].shape
    high, wide = (int(d) for d in crop_dims[:2])
    corners = [(y, x) for y in (0, height - high) for x in (0, width - wide)]
    places = [*corners, ((height - high) // 2, (width - wide) // 2)]
    crops = []
    for image in images:
        five = [image[y : y + high, x : x + wide] for y, x in places]
        crops += [*five, *(crop[:, ::-1] for crop in five)]
    return np.stack(crops).astype(np.float32)
