"""Images, opened with care: the header first, so that a small file cannot ask for much memory."""

from __future__ import annotations

import os
import stat
from io import BytesIO
from typing import TYPE_CHECKING

from netspec.records.unreadable import Unreadable

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 89_478_485  # where Pillow begins to warn of decompression bombs: 256 MB in colour
FORMATS = ("JPEG", "PNG", "BMP", "DIB", "TIFF", "PPM", "WEBP", "JPEG2000")  # OpenCV's; no scripts
MAX_BYTES = 2**30  # of an image file
ORIENTATION, UPRIGHT, LYING = 0x0112, 1, (5, 6, 7, 8)  # Exif: lying ones exchange their sides
EXIF, APP1, APPLICATION = b"Exif\0\0", 0xE1, (*range(0xE0, 0xF0), 0xFE)  # JPEG's segments


def open_image(content: str | bytes | memoryview, what: str) -> ImageFile:
    """The image at a path or in memory, not yet decoded; raises Unreadable (C306)."""
    from PIL import Image

    try:
        file = content if isinstance(content, str) else BytesIO(content)
        image = Image.open(file, formats=FORMATS)
        size = image.width * image.height
    except Exception as wrong:  # Pillow's plugins raise what they like on damaged files
        raise undecodable(what, wrong) from None
    if size > MAX_PIXELS:
        message = f"{what} has {image.width} x {image.height} pixels; the most is {MAX_PIXELS:,}"
        raise Unreadable("C306", message, "make the image smaller")
    return image


def read_image(path: str, what: str) -> bytes:
    """The bytes of an image file; raises Unreadable (C306)."""
    try:
        with open(path, "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                kind = "is larger than 1 GiB" if stat.S_ISREG(status.st_mode) else "is no file"
                raise Unreadable("C306", f"{what} {kind}", "replace it, or take it out")
            return file.read(status.st_size)
    except (OSError, ValueError) as wrong:
        raise undecodable(what, wrong) from None


def require_file(path: str) -> None:
    """Raise Unreadable (C306) where there is no image file."""
    try:
        os.stat(path)
    except (OSError, ValueError) as wrong:
        raise undecodable(f"the image {path}", wrong) from None


def orientation(content: bytes | memoryview) -> int:
    """Exif's number for the side of a JPEG that is up, 1 to 8; raises Unreadable (C306)."""
    at = 2
    while len(segment := bytes(content[at : at + 10])) == 10:
        if segment[0] != 0xFF or segment[1] not in APPLICATION:
            break
        if segment[1] == APP1 and segment[4:] == EXIF:
            with open_image(content, "it") as image:
                return _orientation(image)
        at += 2 + int.from_bytes(segment[2:4], "big")
    return UPRIGHT


def is_progressive(content: bytes | memoryview) -> bool:
    """Whether a JPEG holds a coarse picture first, and then what makes it finer."""
    with open_image(content, "it") as image:
        return bool(image.info.get("progressive"))


def _orientation(image: ImageFile) -> int:
    try:
        found: int = image.getexif().get(ORIENTATION, UPRIGHT)
    except Exception:  # damaged Exif data are no reason to refuse the image
        return UPRIGHT
    return found


def undecodable(what: str, wrong: Exception) -> Unreadable:
    """What to say of an image that cannot be opened or decoded."""
    if isinstance(wrong, OSError) and wrong.strerror:
        help = "check the path; root_folder is put before those of a list"
        return Unreadable("C306", f"{what} cannot be read ({wrong.strerror})", help)
    reason = (
        "it is no image" if "cannot identify" in str(wrong) else str(wrong) or type(wrong).__name__
    )
    return Unreadable(
        "C306", f"{what} cannot be decoded ({reason})", "replace the file, or take it out"
    )


def image_shape(image: ImageFile, color: bool | None) -> tuple[int, int, int]:
    """(channels, height, width) when decoded in colour, in gray, or (None) as stored.

    As in OpenCV, an image that is not read as stored is turned upright.
    """
    if color is None:
        return stored_channels(image), image.height, image.width
    lying = image.format != "TIFF" and _orientation(image) in LYING  # Pillow turns TIFF by itself
    size = (image.width, image.height) if lying else (image.height, image.width)
    return (3 if color else 1, *size)


def stored_channels(image: ImageFile) -> int:
    """1 for gray, 3 for colour, 4 with transparency (cv::imdecode with IMREAD_UNCHANGED)."""
    if image.mode in ("1", "L", "I", "I;16", "I;16B", "F"):
        return 1
    return 4 if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info else 3
