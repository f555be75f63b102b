"""Encoded images to arrays as OpenCV decodes them for Caffe: blue, green, red, transparency.

JPEG goes through libjpeg-turbo at once, all else through Pillow; both give the same numbers.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from compiler.data.jpeg import BEGINNING, decode_jpeg
from netspec.records import Unreadable
from netspec.records.images import open_image, read_image, stored_channels, undecodable

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
GRAY = ("1", "L", "LA")
ORDER = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}
OPENCV = ([9798, 19234, 3736], 1 << 14)  # of 2^15: the weights of red, green, blue, and rounding
WEIGHTS = {
    "PNG": ([9797, 19234, 3737], 0),  # libpng, which cuts fractions off
    "WEBP": ([9798, 19235, 3735], 1 << 14),  # decoded in colour, and then OpenCV's cvtColor
    "JPEG2000": ([9798, 19235, 3735], 1 << 14),
}
EXTRA_SAMPLES, UNASSOCIATED = 338, (2,)  # TIFF's field that says what transparency is


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
    if content[:3] == BEGINNING:
        pixels = decode_jpeg(content, color)
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


def _decode(image: ImageFile, what: str, color: bool | None) -> np.ndarray:
    if color is False:
        image.draft("L", None)  # a JPEG's own brightness, as libjpeg gives it to OpenCV
    channels = stored_channels(image) if color is None else 3 if color else 1
    plain = _eight_bits(image, what, color)
    if color is not None:
        plain = ImageOps.exif_transpose(plain)
    if plain.mode == "RGBA" and _is_unassociated(image):
        return _premultiplied(np.asarray(plain), channels)
    if plain.mode == "P" and "transparency" in plain.info:
        plain = plain.convert("RGBA")
    if channels == 1 and plain.mode not in GRAY:
        return _gray(np.asarray(plain.convert("RGB")), image.format)[None]
    pixels = np.asarray(plain.convert(MODES[channels]))
    return np.atleast_3d(pixels)[:, :, ORDER[channels]].transpose(2, 0, 1)


def _gray(rgb: np.ndarray, format: str | None) -> np.ndarray:
    """Brightness, which the libraries of the formats do not round alike."""
    weights, half = WEIGHTS.get(format or "", OPENCV)
    return ((rgb.astype(np.int32) @ np.array(weights, np.int32) + half) >> 15).astype(np.uint8)


def _is_unassociated(image: ImageFile) -> bool:
    return isinstance(image, TiffImageFile) and image.tag_v2.get(EXTRA_SAMPLES) == UNASSOCIATED


def _premultiplied(rgba: np.ndarray, channels: int) -> np.ndarray:
    """Colours times transparency, as libtiff hands them to OpenCV."""
    wide = rgba.astype(np.int32)
    rgb = ((wide[..., :3] * wide[..., 3:] + 127) // 255).astype(np.uint8)
    if channels == 1:
        return _gray(rgb, "TIFF")[None]
    both = np.concatenate((rgb, rgba[..., 3:]), -1)
    return both[:, :, ORDER[channels]].transpose(2, 0, 1)


def _eight_bits(image: ImageFile, what: str, color: bool | None) -> Image.Image:
    """Sixteen bits a channel become the upper eight, unless the image is wanted as it is stored."""
    deep = any(";16" in str(tile.args) for tile in image.tile)
    if deep and color is not None and image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode.startswith(("I", "F")) or (deep and color is None):
        message = f"{what} has more than 8 bits a channel"
        raise Unreadable("C306", message, "store 8 bits a pixel and channel")
    return image
