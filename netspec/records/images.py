"""Images, opened with care: the header first, so that a small file cannot ask for much memory."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from netspec.records.unreadable import Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 89_478_485  # where Pillow begins to warn of decompression bombs: 256 MB in colour
FORMATS = ("JPEG", "PNG", "BMP", "DIB", "TIFF", "PPM", "WEBP", "JPEG2000")  # OpenCV's; no scripts
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)  # Exif: height and width are exchanged


def open_image(content: str | bytes | memoryview, what: str) -> Image:
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


def image_shape(image: Image, color: bool | None) -> tuple[int, int, int]:
    """(channels, height, width) when decoded in colour, in gray, or (None) as stored.

    As in OpenCV, an image that is not read as stored is turned upright.
    """
    if color is None:
        return stored_channels(image), image.height, image.width
    try:
        lying = image.getexif().get(ORIENTATION) in LYING
    except Exception:  # damaged Exif data are no reason to refuse the image
        lying = False
    size = (image.width, image.height) if lying else (image.height, image.width)
    return (3 if color else 1, *size)


def stored_channels(image: Image) -> int:
    """1 for gray, 3 for colour, 4 with transparency (cv::imdecode with IMREAD_UNCHANGED)."""
    if image.mode in ("1", "L", "I", "I;16", "I;16B", "F"):
        return 1
    return 4 if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info else 3
