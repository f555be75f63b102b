"""Decoding and resizing, against what OpenCV 5.0 gives for the same images."""

from __future__ import annotations

import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from compiler.data.decode import decode
from compiler.data.resize import resize
from netspec.records import Unreadable
from netspec.records.images import image_shape, open_image

PIXELS = np.array([[[200, 100, 50], [0, 1, 2]], [[255, 255, 0], [9, 8, 7]], [[5, 6, 7], [1, 2, 3]]])
RGB = Image.fromarray(PIXELS.astype(np.uint8))
BGR = PIXELS.transpose(2, 0, 1)[::-1]
RGBA = RGB.convert("RGBA")
RGBA.putalpha(77)
SIXTEEN = Image.fromarray((PIXELS[..., 0].astype(np.uint16) << 8) + 99)


def encoded(image: Image.Image, format: str = "PNG", **how: object) -> bytes:
    out = BytesIO()
    image.save(out, format, **how)
    return out.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(RGB, exif=exif)


def read(content: bytes, color: bool | None) -> np.ndarray:
    got = decode(content, "it", color)
    assert got.dtype == np.uint8
    assert got.shape == image_shape(open_image(content, "it"), color)
    return got


GRAY = [[124, 0], [225, 8], [5, 1]]  # cv2.imdecode, IMREAD_GRAYSCALE
DECODED = {
    "colour": (encoded(RGB), True, BGR),
    "as stored": (encoded(RGB), None, BGR),
    "colour of gray": (encoded(RGB.getchannel(0)), True, PIXELS[..., 0][None].repeat(3, 0)),
    "gray as stored": (encoded(RGB.getchannel(0)), None, PIXELS[..., 0][None]),
    "gray of gray": (encoded(RGB.getchannel(0)), False, PIXELS[..., 0][None]),
    "gray of PNG": (encoded(RGB), False, np.array([GRAY])),
    "gray of BMP": (encoded(RGB, "BMP"), False, np.array([[[124, 1], [226, 8], [6, 2]]])),
    "transparency as stored": (
        encoded(RGBA),
        None,
        np.concatenate([BGR, np.full((1, 3, 2), 77)]),
    ),
    "transparency dropped": (encoded(RGBA), True, BGR),
    "palette": (encoded(RGB.quantize(6)), None, BGR),
    "upright": (turned(6), True, np.rot90(BGR, 3, (1, 2))),
    "as stored is not turned": (turned(6), None, BGR),
    "sixteen bits": (encoded(SIXTEEN), False, PIXELS[..., 0][None]),
}


@pytest.mark.parametrize("case", DECODED)
def test_decodes_as_opencv(case: str) -> None:
    content, color, expected = DECODED[case]
    assert np.array_equal(read(content, color), expected)


@pytest.mark.parametrize(
    ("content", "color", "message"),
    [
        (b"GIF89a", True, "it is no image"),
        (encoded(RGB)[:-30], True, "cannot be decoded"),
        (encoded(RGB.resize((99, 99)), "JPEG")[:-300], None, "truncated"),
        (encoded(SIXTEEN), None, "more than 8 bits"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", True, "it is no image"),
    ],
)
def test_refuses(content: bytes, color: bool | None, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        decode(content, "it", color)


def test_refuses_a_decompression_bomb() -> None:
    """A PNG of a hundred bytes that says it is 60,000 x 60,000."""
    header = bytearray(encoded(Image.new("L", (1, 1))))
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    with pytest.raises(Unreadable, match=r"bomb|pixels"):
        open_image(bytes(header), "it")


RAMP = np.array([[0, 10, 100, 250], [255, 0, 33, 7], [90, 91, 92, 93]], np.uint8)
RESIZED = {  # cv2.resize(RAMP, (width, height))
    (1, 2): [[128, 20]],
    (2, 3): [[54, 45, 172], [121, 73, 72]],
    (5, 4): [
        [0, 10, 100, 250],
        [102, 6, 73, 153],
        [255, 0, 33, 7],
        [156, 55, 68, 59],
        [90, 91, 92, 93],
    ],
    (4, 7): [
        [0, 3, 9, 55, 111, 196, 250],
        [159, 104, 15, 31, 61, 84, 98],
        [193, 136, 45, 45, 54, 45, 39],
        [90, 90, 91, 91, 92, 93, 93],
    ],
}


@pytest.mark.parametrize("size", RESIZED)
def test_resizes_as_opencv(size: tuple[int, int]) -> None:
    assert resize(RAMP[None], *size)[0].tolist() == RESIZED[size]


def test_resizing_to_the_same_size_changes_nothing() -> None:
    assert np.array_equal(resize(RAMP[None], 3, 4)[0], RAMP)


def jpeg(mode: str, size: tuple[int, int], orientation: int = 0, **how: object) -> bytes:
    """Noise as a JPEG file, with Exif data if an orientation is asked for."""
    shape = (size[1], size[0], {"L": 1, "RGB": 3, "CMYK": 4}[mode])
    noise = np.random.RandomState(1).randint(0, 256, shape, np.uint8)
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
        how["exif"] = exif
    return encoded(Image.fromarray(noise.squeeze(), mode=mode), "JPEG", **how)


JPEGS = {
    "4:2:0": jpeg("RGB", (33, 17)),
    "4:2:2": jpeg("RGB", (33, 17), subsampling=1),
    "4:4:4": jpeg("RGB", (33, 17), subsampling=0),
    "progressive": jpeg("RGB", (40, 41), progressive=True),
    "coarse": jpeg("RGB", (7, 90), quality=5),
    "gray": jpeg("L", (12, 31)),
    "upright": jpeg("RGB", (12, 31), orientation=1),
    "lying": jpeg("RGB", (12, 31), orientation=6),
    "mirrored": jpeg("L", (12, 31), orientation=2),
}


@pytest.mark.parametrize("color", [True, False, None])
@pytest.mark.parametrize("case", JPEGS)
def test_jpeg_is_decoded_as_by_pillow(
    case: str, color: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = read(JPEGS[case], color)
    monkeypatch.setattr("compiler.data.decode.BEGINNING", b"never")
    assert np.array_equal(got, read(JPEGS[case], color))


@pytest.mark.parametrize(("case", "mark"), [("lying", 2), ("progressive", 0)])
def test_a_jpeg_that_is_cut_off_is_refused_unless_the_mark_at_its_end_is_all_it_lacks(
    case: str, mark: int
) -> None:
    """Of a progressive one that is cut off a coarse picture might be left, so it needs its mark."""
    whole = JPEGS[case]
    for size in range(0, len(whole), 1 if len(whole) < 2000 else 7):
        if size < len(whole) - mark:
            with pytest.raises(Unreadable):
                decode(whole[:size], "it", True)
    assert np.array_equal(decode(whole[: len(whole) - mark], "it", True), read(whole, True))


def test_sixteen_bits_a_channel_are_refused_as_stored() -> None:
    """Caffe: "Image data type must be unsigned byte". Pillow would drop the lower eight."""
    ok, content = cv2.imencode(".png", np.full((2, 3, 3), 4660, np.uint16))
    assert ok
    assert (decode(content.tobytes(), "it", True) == 4660 >> 8).all()
    with pytest.raises(Unreadable, match="more than 8 bits a channel"):
        decode(content.tobytes(), "it", None)
