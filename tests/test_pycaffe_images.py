"""pycaffe's images: read, resized, cropped, prepared, classified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from compiler import pycaffe as caffe
from compiler.pycaffe import io
from compiler.pycaffe.images import interpolation
from compiler.pycaffe.proto import caffe_pb2

ROOT = Path(__file__).parents[1]
pb: Any = caffe_pb2


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_images_are_read_as_fractions_of_red_green_and_blue() -> None:
    pixels = np.array([[[255, 0, 51], [0, 255, 0]]], np.uint8)
    Image.fromarray(pixels).save("c.png")
    assert np.allclose(io.load_image("c.png"), pixels / 255)
    grey = io.load_image("c.png", color=False)
    assert grey.shape == (1, 2, 1)
    assert np.allclose(grey[0, :, 0], [0.2125 + 0.2 * 0.0721, 0.7154])
    Image.fromarray(pixels[:, :, 0]).save("g.png")
    assert io.load_image("g.png").shape == (1, 2, 3)
    assert io.load_image("g.png", color=False).dtype == np.float32
    Image.fromarray(np.array([[0, 65535]], np.uint16)).save("deep.png")
    assert np.allclose(io.load_image("deep.png")[0, :, 0], [0, 1])
    Image.fromarray(np.full((1, 1, 4), 128, np.uint8), "RGBA").save("a.png")
    assert io.load_image("a.png").shape == (1, 1, 3)


# From scikit-image 0.26 (order 1, mode constant, no anti-aliasing) and SciPy 1.17 (zoom, order 1).
ROW = [0.0, 1.0, 4.0, 2.0]
RESIZED = {2: [0.5, 3.0], 6: [0.0, 1 / 2, 3 / 2, 7 / 2, 3.0, 5 / 3]}
ZOOMED = {2: [0.0, 2.0], 7: [0.0, 0.5, 1.0, 2.5, 4.0, 3.0, 2.0]}


@pytest.mark.parametrize("size", RESIZED)
def test_images_are_resized_as_scikit_image_does(size: int) -> None:
    image = np.array(ROW)[None, :, None]
    assert np.allclose(io.resize(image, (1, size))[0, :, 0], RESIZED[size])


@pytest.mark.parametrize("size", ZOOMED)
def test_other_arrays_are_resized_as_scipy_does(size: int) -> None:
    image = np.repeat(np.array(ROW)[None, :, None], 5, axis=2)
    assert np.allclose(io.resize_image(image, (1, size))[0, :, 3], ZOOMED[size])


def test_resizing_keeps_range_constants_and_size() -> None:
    image = np.random.default_rng(0).uniform(-3, 9, (7, 5, 3)).astype("f")
    assert np.allclose(io.resize_image(image, (7, 5)), image, atol=1e-5)
    assert (io.resize_image(np.full((4, 4, 1), 2.5), (9, 3)) == 2.5).all()
    assert np.allclose(interpolation(4, 9, 1, corners=True).sum(1), 1)
    with pytest.raises(ValueError, match="order"):
        io.resize(image, (3, 3), order=3)


def test_ten_crops() -> None:
    image = np.arange(6 * 8, dtype="f").reshape(6, 8, 1)
    crops = io.oversample([image], (4, 4))
    assert crops.shape == (10, 4, 4, 1)
    starts = [crops[i, 0, 0, 0] for i in range(5)]
    assert starts == [0, 4, 16, 20, image[1, 2, 0]]
    assert (crops[5:] == crops[:5, :, ::-1]).all()


def test_a_transformer_prepares_in_order_and_back() -> None:
    image = np.random.default_rng(0).random((4, 6, 3)).astype("f")
    t = io.Transformer({"data": (1, 3, 4, 6)})
    t.set_transpose("data", (2, 0, 1))
    t.set_channel_swap("data", (2, 1, 0))
    t.set_raw_scale("data", 255)
    t.set_mean("data", np.array([10.0, 20.0, 30.0]))
    t.set_input_scale("data", 0.5)
    made = t.preprocess("data", image)
    expected = (image.transpose(2, 0, 1)[::-1] * 255 - [[[10]], [[20]], [[30]]]) * 0.5
    assert np.allclose(made, expected, atol=1e-4)
    assert np.allclose(t.deprocess("data", made[None]), image, atol=1e-5)
    assert t.preprocess("data", image.repeat(2, axis=0)).shape == (3, 4, 6)
    t.set_mean("data", np.ones((3, 8, 12)))
    assert np.allclose(t.mean["data"], 1)
    assert t.mean["data"].shape == (3, 4, 6)


@pytest.mark.parametrize(
    ("setter", "value"),
    [
        ("set_transpose", (1, 0)),
        ("set_channel_swap", (0, 1)),
        ("set_mean", np.ones(4)),
        ("set_mean", np.ones((1, 1, 1, 1))),
    ],
)
def test_a_transformer_refuses_what_does_not_fit(setter: str, value: Any) -> None:
    t = io.Transformer({"data": (1, 3, 4, 6)})
    with pytest.raises(ValueError, match=r"\d"):
        getattr(t, setter)("data", value)
    with pytest.raises(ValueError, match="data"):
        t.set_raw_scale("image", 255)


DEPLOY = """
layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: 4 dim: 3 dim: 8 dim: 8 } } }
layer { name: "mean" type: "Pooling" bottom: "data" top: "mean"
  pooling_param { pool: AVE kernel_size: 8 } }
layer { name: "ip" type: "InnerProduct" bottom: "mean" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "gaussian" std: 1 } } }
"""


@pytest.fixture
def deployed() -> tuple[str, str]:
    Path("deploy.prototxt").write_text(DEPLOY)
    net = caffe.Net("deploy.prototxt", caffe.TEST)
    net.params["ip"][0].data[...] = np.eye(3)
    net.save("w.caffemodel")
    return "deploy.prototxt", "w.caffemodel"


def test_a_classifier_averages_crops(deployed: tuple[str, str]) -> None:
    classifier = caffe.Classifier(
        *deployed, image_dims=(10, 12), raw_scale=255, channel_swap=(2, 1, 0), mean=np.ones(3)
    )
    images = [np.full((20, 30, 3), value) for value in (0.1, 0.2, 0.4)]
    images[0][:, :, 0] = 1.0
    found = classifier.predict(images)
    assert np.allclose(found, [[24.5, 24.5, 254], [50] * 3, [101] * 3], atol=1e-3)
    assert np.allclose(classifier.predict(images, oversample=False), found, atol=1e-3)


def test_a_detector_crops_windows_with_context(deployed: tuple[str, str]) -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[10:20, 20:30] = 255
    Image.fromarray(pixels).save("i.png")
    detector = caffe.Detector(*deployed)
    windows = [np.array([10, 20, 20, 30]), np.array([0, 0, 8, 8])]
    found = detector.detect_windows([("i.png", windows)])
    assert np.allclose(found[0]["prediction"], 1)
    assert np.allclose(found[1]["prediction"], 0)
    assert found[1]["filename"] == "i.png"
    around = caffe.Detector(*deployed, mean=np.full(3, 0.5), context_pad=2)
    crop = around.crop(io.load_image("i.png"), np.array([10, 20, 19, 29]))
    assert crop.shape == (8, 8, 3)
    assert crop[0].max() == 0, "the context"
    assert crop[4, 4].min() == 1
    outside = around.crop(io.load_image("i.png"), np.array([0, 0, 9, 9]))
    assert (outside[:2] == 0.5).all(), "the mean, where there is no image"
