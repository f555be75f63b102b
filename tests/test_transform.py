"""The transformer's rules, each a row: what becomes of one image, by plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from compiler.data.transform import Transform
from netspec.layers.transform import TransformationParameter
from netspec.records import Unreadable
from netspec.records.blob import write_blob
from netspec.schema.net import Phase

IMAGE = np.arange(2 * 4 * 5, dtype=np.uint8).reshape(2, 4, 5)
MEAN = np.random.RandomState(0).rand(2, 4, 5).astype(np.float32)

RULES: dict[str, tuple[dict, Phase, Callable[[np.ndarray], np.ndarray]]] = {
    "as it is": ({}, Phase.TRAIN, lambda x: x),
    "scaled": ({"scale": 0.5}, Phase.TEST, lambda x: x * 0.5),
    "one mean for all channels": ({"mean_value": (3.0,)}, Phase.TEST, lambda x: x - 3),
    "a mean for each channel": (
        {"mean_value": (3.0, 20.0)},
        Phase.TEST,
        lambda x: x - np.array([3, 20]).reshape(2, 1, 1),
    ),
    "scaled after the mean": (
        {"mean_value": (3.0,), "scale": 0.25},
        Phase.TEST,
        lambda x: (x - 3) * 0.25,
    ),
    "cut from the centre, rounded down": ({"crop_size": 2}, Phase.TEST, lambda x: x[:, 1:3, 1:3]),
    "cut of an odd rest": ({"crop_size": 3}, Phase.TEST, lambda x: x[:, 0:3, 1:4]),
    "cut that leaves no choice": ({"crop_size": 4}, Phase.TEST, lambda x: x[:, :, 0:4]),
    "mean image": ({"mean_file": "mean"}, Phase.TEST, lambda x: x - MEAN),
    "mean image, cut like the image": (
        {"mean_file": "mean", "crop_size": 2, "scale": 2.0},
        Phase.TEST,
        lambda x: ((x - MEAN) * 2)[:, 1:3, 1:3],
    ),
}


class Item(NamedTuple):
    what: str


def transform(images: list[np.ndarray], phase: Phase, seed: int = 0, **said: object) -> np.ndarray:
    made = Transform(TransformationParameter(**said), phase)
    batch = np.empty((len(images), *made.shape(images[0].shape, "image 0")), np.float32)
    chosen = np.random.default_rng(seed).random((len(images), 3))
    for i, image in enumerate(images):
        made.place(batch[i], image, Item(f"image {i}"), chosen[i])
    made.finish(batch)
    return batch


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mean").write_bytes(write_blob(MEAN[None]))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_rule(rule: str, dtype: type) -> None:
    said, phase, expected = RULES[rule]
    got = transform([IMAGE.astype(dtype)], phase, **said)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got[0], expected(IMAGE.astype(np.float32)), rtol=1e-6)


def test_train_cuts_anywhere() -> None:
    got = transform([IMAGE] * 400, Phase.TRAIN, crop_size=2)
    windows = {w.tobytes() for w in got}
    every = [IMAGE[:, t : t + 2, x : x + 2].astype(np.float32) for t in range(3) for x in range(4)]
    assert windows == {w.tobytes() for w in every}


def test_the_mean_is_cut_where_the_image_is() -> None:
    got = transform([IMAGE] * 400, Phase.TRAIN, crop_size=2, mean_file="mean")
    whole = IMAGE - MEAN
    every = {whole[:, t : t + 2, x : x + 2].tobytes() for t in range(3) for x in range(4)}
    assert {each.tobytes() for each in got} == every


@pytest.mark.parametrize("phase", Phase)
def test_mirrors_about_half_in_both_phases(phase: Phase) -> None:
    got = transform([IMAGE] * 400, phase, mirror=True, mean_value=(1.0,))
    plain = (IMAGE.astype(np.float32) - 1).tobytes()
    flipped = (IMAGE[:, :, ::-1].astype(np.float32) - 1).tobytes()
    assert {w.tobytes() for w in got} == {plain, flipped}
    assert 150 < sum(w.tobytes() == flipped for w in got) < 250


def test_mirrors_after_the_cut_and_after_the_mean() -> None:
    got = transform([IMAGE] * 50, Phase.TEST, mirror=True, crop_size=3, mean_file="mean")
    cut = (IMAGE - MEAN)[:, 0:3, 1:4]
    for each in got:
        assert any(np.allclose(each, c, rtol=1e-5) for c in (cut, cut[:, :, ::-1]))


def test_the_same_choices_whatever_else_is_said() -> None:
    """Switching the mirror on does not move the windows."""
    plain = transform([IMAGE] * 20, Phase.TRAIN, crop_size=2)
    both = transform([IMAGE] * 20, Phase.TRAIN, crop_size=2, mirror=True)
    for p, b in zip(plain, both):
        assert np.array_equal(b, p) or np.array_equal(b, p[:, :, ::-1])


def test_images_of_a_batch_may_differ_where_the_cut_makes_them_equal() -> None:
    larger = np.ones((2, 9, 9), np.uint8)
    got = transform([IMAGE, larger], Phase.TEST, crop_size=4)
    assert got.shape == (2, 2, 4, 4)
    with pytest.raises(Unreadable, match="image 1 is 2 x 9 x 9"):
        transform([IMAGE, larger], Phase.TEST)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"crop_size": 5}, "crop_size is 5, but the images are 2 x 4 x 5"),
        ({"mean_value": (1.0, 2.0, 3.0)}, "mean_value is given 3 times for 2 channels"),
        ({"mean_file": "other"}, "image 0 is 2 x 4 x 5, but the mean other is 2 x 4 x 4"),
        ({"mean_file": "cut off"}, "the mean file cut off is no BlobProto"),
        ({"mean_file": "five"}, "it has 5 axes"),
        ({"mean_file": "missing"}, "the mean file missing cannot be read"),
        ({"mean_file": "zero \0"}, "the mean file zero \0 cannot be read"),
    ],
)
def test_refuses(said: dict, message: str) -> None:
    Path("other").write_bytes(write_blob(MEAN[None, :, :, :4]))
    Path("cut off").write_bytes(write_blob(MEAN)[:-1])
    Path("five").write_bytes(write_blob(MEAN[None, None]))
    with pytest.raises(Unreadable, match=message):
        transform([IMAGE], Phase.TEST, **said)
