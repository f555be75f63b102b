"""WindowData: which windows a batch has, and what becomes of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import compiler
import netspec
from compiler.data.resize import resize

SIZE = 8
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)  # height, width, RGB
PLANES = PIXELS.transpose(2, 0, 1)[::-1]  # blue, green, red
WINDOWS = """\
# 0
image.png
3 20 30
4
2 0.9 3 4 12 9
7 0.5 0 0 29 19
1 0.1 10 10 19 19
3 0.45 1 1 2 2
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(PIXELS).save("image.png")
    Path("windows.txt").write_text(WINDOWS)


def batch(settings: str = "", transform: str = "", size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    graph = netspec.loads(
        f"""layer {{ name: "data" type: "WindowData" top: "data" top: "label"
              transform_param {{ crop_size: {SIZE} {transform} }}
              window_data_param {{ source: "windows.txt" batch_size: {size} bg_threshold: 0.3
                fg_fraction: 0.5 {settings} }} }}"""
    )
    tops = compiler.compile(graph)()
    return tops["data"].numpy(), tops["label"].numpy()


def shown(x1: int, y1: int, x2: int, y2: int, height: int = SIZE, width: int = SIZE) -> np.ndarray:
    """A part of the image, corners included, resized."""
    return resize(PLANES[:, y1 : y2 + 1, x1 : x2 + 1], height, width).astype(np.float32)


FOREGROUND = {2: shown(3, 4, 12, 9), 7: shown(0, 0, 29, 19)}


def test_draws_background_then_foreground() -> None:
    images, labels = batch()
    assert (images.shape, labels.shape) == ((8, 3, SIZE, SIZE), (8,))
    assert (labels[:4] == 0).all()
    assert set(labels[4:]) <= {2, 7}
    for image in images[:4]:
        np.testing.assert_array_equal(image, shown(10, 10, 19, 19))
    for image, label in zip(images[4:], labels[4:]):
        np.testing.assert_array_equal(image, FOREGROUND[int(label)])


def test_subtracts_the_mean_then_scales_with_its_own_scale() -> None:
    images, _ = batch("scale: 0.5", "mean_value: 1 mean_value: 2 mean_value: 3 scale: 9")
    mean = np.array([1, 2, 3], np.float32)[:, None, None]
    np.testing.assert_array_equal(images[0], (shown(10, 10, 19, 19) - mean) / 2)


def test_mirrors_about_half() -> None:
    images, _ = batch(transform="mirror: true", size=64)
    plain = shown(10, 10, 19, 19)
    flipped = [np.array_equal(image, plain[:, :, ::-1]) for image in images[:32]]
    assert all(f or np.array_equal(i, plain) for f, i in zip(flipped, images))
    assert 5 < sum(flipped) < 27


def test_context_is_twice_the_window_where_a_quarter_at_each_side_lies_around_it() -> None:
    images, _ = batch("context_pad: 2")  # 5 to 25, of which the image has 5 to 19 of the rows
    np.testing.assert_array_equal(images[0][:, :6], shown(5, 5, 25, 19, 6, 8))
    assert not images[0][:, 6:].any()


def test_context_beyond_the_image_is_zero() -> None:
    images, labels = batch("context_pad: 2 crop_mode: 'square'", "mean_value: 100", size=32)
    whole = images[labels == 7][0]  # 60 pixels a side around a window of 30 x 20
    seen = np.abs(whole).sum(0) > 0
    rows, columns = seen.any(1).nonzero()[0], seen.any(0).nonzero()[0]
    assert (rows[0], len(rows)) == (3, 3)
    assert (columns[0], len(columns)) == (2, 4)
    np.testing.assert_array_equal(whole[:, 3:6, 2:6], shown(0, 0, 29, 19, 3, 4) - 100)


def test_context_reaches_a_window_that_is_partly_beyond_the_image() -> None:
    """Caffe cuts off what is not there after it has added the context."""
    Path("windows.txt").write_text(WINDOWS.replace("1 0.1 10 10 19 19", "1 0.1 -2 4 7 13"))
    images, _ = batch("context_pad: 2")  # -7 to 13 of the columns, -1 to 19 of the rows
    np.testing.assert_array_equal(images[0][:, :, 3:], shown(0, 0, 13, 19, 8, 5))
    assert not images[0][:, :, :3].any()


REFUSED = {
    "no list": ("N410", None),
    "an empty list": ("N410", ""),
    "no image first": ("N410", "image.png 3 20 30 0"),
    "a window cut off": ("N410", "# 0 image.png 3 20 30 1 2 0.9 3 4 12"),
    "no background": ("C304", "# 0 image.png 3 20 30 1 2 0.9 3 4 12 9"),
    "no foreground": ("C304", "# 0 image.png 3 20 30 1 2 0.1 3 4 12 9"),
    "a foreground window of class 0": ("C305", WINDOWS.replace("2 0.9", "0 0.9")),
    "a window beyond the image": ("C305", WINDOWS.replace("19 19", "19 20")),
    "a window of half pixels": ("N410", WINDOWS.replace("19 19", "19 18.5")),
    "images counted from 1": ("N410", WINDOWS.replace("# 0", "# 1")),
    "nothing of a window in its image": ("C305", WINDOWS.replace("10 10 19 19", "40 9 50 19")),
    "no image": ("C306", WINDOWS.replace("image.png", "other.png")),
    "gray images": ("C309", WINDOWS.replace("3 20 30", "1 20 30")),
}


def test_two_means_for_three_channels_are_refused() -> None:
    with pytest.raises(netspec.SpecError, match="mean_value is given 2 times for 3 channels"):
        batch(transform="mean_value: 1 mean_value: 2")


@pytest.mark.parametrize(("code", "text"), REFUSED.values(), ids=REFUSED)
def test_refuses(code: str, text: str | None) -> None:
    Path("windows.txt").unlink() if text is None else Path("windows.txt").write_text(text)
    with pytest.raises(netspec.SpecError) as caught:
        batch()
    assert [d.code for d in caught.value.diagnostics] == [code]
