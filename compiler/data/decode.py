"""Encoded images to arrays as OpenCV decodes them for Caffe: blue, green, red, transparency.

JPEG goes through libjpeg-turbo at once, all else through Pillow; both give the same numbers.
"""

from __future__ import annotations

import numpy as np
import simplejpeg
from PIL import Image, ImageOps

from netspec.records import Unreadable
from netspec.records.images import (
    MAX_PIXELS,
    is_turned,
    open_image,
    read_image,
    stored_channels,
    undecodable,
)

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
GRAY = ("1", "L", "LA")
ORDER = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}
JPEG = b"\xff\xd8\xff"


def decode_file(path: str, color: bool) -> np.ndarray:
    """The image in a file, as `decode` gives it."""
    what = f"the image {path}"
    return decode(read_image(path, what), what, color)


def decode(content: bytes | memoryview, what: str, color: bool | None) -> np.ndarray:
    """channels x height x width, uint8: in colour, in gray, or (None) as the image is stored.

    The channels of a pixel lie side by side in memory. An image that is not read as stored is
    turned upright. A cut-off file is refused, where OpenCV fills up with gray. Raises Unreadable
    (C306).
    """
    if content[:3] == JPEG:
        pixels = _jpeg(content, color)
        if pixels is not None:
            return pixels.transpose(2, 0, 1)
    image = open_image(content, what)
    try:
        with image:
            return _decode(image, what, color)
    except Unreadable:
        raise
    except Exception as wrong:  # Pillow's plugins raise what they like on damaged files
        raise undecodable(what, wrong) from None


def _jpeg(content: bytes | memoryview, color: bool | None) -> np.ndarray | None:
    """height x width x channels, or None for what Pillow is to judge: what is rare or damaged."""
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(content)
        if space not in ("YCbCr", "Gray") or height * width > MAX_PIXELS:
            return None
        if color is not None and is_turned(content):
            return None
        gray = color is False or (color is None and space == "Gray")
        return simplejpeg.decode_jpeg(content, "GRAY" if gray else "BGR")
    except ValueError:
        return None


def _decode(image: Image.Image, what: str, color: bool | None) -> np.ndarray:
    if color is False:
        image.draft("L", None)  # a JPEG's own brightness, as libjpeg gives it to OpenCV
    upright = image if color is None else ImageOps.exif_transpose(image)
    channels = stored_channels(image) if color is None else 3 if color else 1
    plain = _eight_bits(upright, what, color)
    if channels == 1 and plain.mode not in GRAY:
        return _gray(np.asarray(plain.convert("RGB")), image.format)[None]
    pixels = np.asarray(plain.convert(MODES[channels]))
    return np.atleast_3d(pixels)[:, :, ORDER[channels]].transpose(2, 0, 1)


def _gray(rgb: np.ndarray, format: str | None) -> np.ndarray:
    """Brightness: libpng, which reads PNG files for OpenCV, cuts fractions off, OpenCV rounds."""
    weights, half = ([9797, 19234, 3737], 0) if format == "PNG" else ([9798, 19234, 3736], 1 << 14)
    return ((rgb.astype(np.int32) @ np.array(weights, np.int32) + half) >> 15).astype(np.uint8)


def _eight_bits(image: Image.Image, what: str, color: bool | None) -> Image.Image:
    """Sixteen bits a pixel become the upper eight, unless the image is wanted as it is stored."""
    if image.mode.startswith("I;16") and color is not None:
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode.startswith(("I", "F")):
        message = f"{what} has more than 8 bits a pixel"
        raise Unreadable("C306", message, "store 8 bits a pixel and channel")
    return image
