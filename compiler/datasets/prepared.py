"""Records on their way into a new data set: in gray, resized, encoded, or as they are."""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image

from compiler.data.databases import datum_pixels
from compiler.data.decode import ORDER
from compiler.data.resize import resize
from netspec.records import Unreadable
from netspec.records.datum import Datum
from netspec.records.record import Record

T = TypeVar("T")
U = TypeVar("U")
FORMATS = {"jpg": "JPEG", "png": "PNG"}
QUALITY = 95  # of JPEG, as OpenCV writes it for Caffe
AT_ONCE = 64  # records that are worked on


@dataclass(frozen=True)
class Preparation:
    """What is done to each record, in the words of Caffe's convert_imageset.

    `size` is height and width; `encode` keeps images encoded: jpg, png, or the empty text for the
    way that they are in already.
    """

    gray: bool = False
    size: tuple[int, int] | None = None
    encode: str | None = None

    def __call__(self, record: Record) -> Datum:
        """The Datum to store; raises Unreadable (C306, C364)."""
        datum = record.load()
        what = f"the record {record.name}"
        pixels = self.pixels(datum, what)
        kept = datum.encoded and self.encode in ("", kind_of(datum.data))
        if kept and not self.gray and not self.size:
            return datum
        if self.encode is None:
            return _plain(pixels, datum.label)
        if pixels.dtype != np.uint8 or len(pixels) not in (1, 3, 4):
            message = f"{what} holds {'numbers' if pixels.dtype != np.uint8 else 'channels'}"
            raise Unreadable("C364", f"{message} that no image format keeps", "do not encode it")
        kind = self.encode or (kind_of(datum.data) if datum.encoded else "png")
        return Datum(data=encoded(pixels, kind), label=datum.label, encoded=True)

    def pixels(self, datum: Datum, what: str, as_stored: bool = False) -> np.ndarray:
        """channels x height x width, uint8 or float32; raises Unreadable (C306, C364)."""
        if not datum.encoded and self.gray and datum.channels != 1:
            message = f"{what} has {datum.channels} channels and is not encoded"
            raise Unreadable("C364", message, "only encoded images are read in gray")
        found = datum_pixels(datum, what, None if as_stored else not self.gray)
        if self.size is None:
            return found
        if found.dtype != np.uint8:
            raise Unreadable("C364", f"{what} holds floats", "only bytes are resized")
        return resize(found, *self.size)


BEGINNINGS = {
    b"\xff\xd8": "jpg",
    b"\x89P": "png",
    b"BM": "bmp",
    b"RI": "webp",
    b"II": "tif",
    b"MM": "tif",
    b"\0\0": "jp2",
    b"\xffO": "jp2",
}


def kind_of(content: bytes | memoryview) -> str:
    """jpg, png or another ending, by the first bytes of an encoded image."""
    return BEGINNINGS.get(bytes(content[:2]), "ppm" if content[:1] == b"P" else "image")


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    """An image file of uint8 pixels, blue, green, red (and transparency), or gray."""
    plane = np.ascontiguousarray(pixels[ORDER[len(pixels)]].transpose(1, 2, 0))
    image = Image.fromarray(plane[..., 0] if len(pixels) == 1 else plane)
    out = io.BytesIO()
    if FORMATS.get(kind) == "JPEG":
        image.convert("L" if len(pixels) == 1 else "RGB").save(out, "JPEG", quality=QUALITY)
    else:
        image.save(out, "PNG")
    return out.getvalue()


def _plain(pixels: np.ndarray, label: int) -> Datum:
    channels, height, width = pixels.shape
    if pixels.dtype == np.uint8:
        return Datum(channels, height, width, pixels.tobytes(), label)
    return Datum(channels, height, width, label=label, floats=pixels.astype("<f4").tobytes())


def side_by_side(work: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
    """What becomes of each item, in their order; all cores work on some of them at once."""
    waiting: deque[Future[U]] = deque()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= AT_ONCE:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
