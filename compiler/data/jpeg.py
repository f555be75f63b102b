"""JPEG files through libjpeg-turbo, to the numbers that OpenCV gives Caffe."""

from __future__ import annotations

import numpy as np
import simplejpeg

from netspec.records.images import MAX_PIXELS, is_progressive, orientation

BEGINNING, END = b"\xff\xd8\xff", b"\xff\xd9"
INKS = ("CMYK", "YCCK")  # as printers mix colours: cyan, magenta, yellow, black


def decode_jpeg(content: bytes | memoryview, color: bool | None) -> np.ndarray | None:
    """height x width x channels, uint8, or None for what Pillow is to judge: rare or damaged.

    In colour (blue, green, red), in gray, or (None) as it is stored; turned upright unless it is
    read as stored.
    """
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(content)
        if space not in ("YCbCr", "Gray", *INKS) or height * width > MAX_PIXELS:
            return None
        if space in INKS:
            pixels = _mixed(_decoded(content, "CMYK"), gray=color is False)
        else:
            gray = color is False or (color is None and space == "Gray")
            pixels = _decoded(content, "GRAY" if gray else "BGR")
    except ValueError:
        return None
    return pixels if color is None else _upright(pixels, orientation(content))


def _decoded(content: bytes | memoryview, space: str) -> np.ndarray:
    """Raises ValueError for what is cut off, though not for the mark at the end alone."""
    try:
        return simplejpeg.decode_jpeg(content, space)
    except ValueError:
        if is_progressive(content):  # which might end after a coarse picture
            raise
        return simplejpeg.decode_jpeg(bytes(content) + END, space)


def _mixed(inks: np.ndarray, gray: bool) -> np.ndarray:
    """The light that inks leave, as OpenCV takes it: they are stored inverted, as Adobe does."""
    wide = inks.astype(np.int32)
    black = wide[..., 3:]
    red, green, blue = np.moveaxis(black - ((255 - wide[..., :3]) * black >> 8), -1, 0)
    if gray:
        return (4899 * red + 9617 * green + 1868 * blue + 8192 >> 14).astype(np.uint8)[..., None]
    return np.stack((blue, green, red), -1).astype(np.uint8)


def _upright(pixels: np.ndarray, turned: int) -> np.ndarray:
    """By Exif's orientation: 5 to 8 exchange rows and columns, then some are mirrored."""
    if turned in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if turned in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if turned in (2, 3, 6, 7) else pixels
