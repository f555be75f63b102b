"""PriorBox and PriorBoxClustered against loops over positions and boxes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from one_layer import One, graph_of

import compiler
import netspec

PRIORS = [  # settings, the (width, height) of the boxes of a position
    ("min_size: 30", [(30, 30)]),
    ("min_size: 30.9 max_size: 60", [(30, 30), (math.sqrt(1800), math.sqrt(1800))]),
    (
        "min_size: 20 aspect_ratio: 2 aspect_ratio: 1 aspect_ratio: 2",
        [(20, 20), (20 * 2**0.5, 20 / 2**0.5), (20 / 2**0.5, 20 * 2**0.5)],
    ),
    ("min_size: 20 aspect_ratio: 3 flip: false", [(20, 20), (20 * 3**0.5, 20 / 3**0.5)]),
    ("min_size: 8 min_size: 16", [(8, 8), (16, 16)]),
]

PLACES = [  # settings, offset (down, across), step (down, across), size of the image
    ("", (0.5, 0.5), (90 / 3, 100 / 4), (90, 100)),
    ("offset: 0", (0, 0), (90 / 3, 100 / 4), (90, 100)),
    ("step: 16", (0.5, 0.5), (16, 16), (90, 100)),
    ("step_h: 10 step_w: 20 offset_h: 1", (1, 0.5), (10, 20), (90, 100)),
    ("img_size: 64", (0.5, 0.5), (64 / 3, 64 / 4), (64, 64)),
    ("img_h: 30 img_w: 40", (0.5, 0.5), (10, 10), (30, 40)),
]


@pytest.mark.parametrize(("sizes", "boxes"), PRIORS)
@pytest.mark.parametrize(("places", "offset", "step", "image"), PLACES)
@pytest.mark.parametrize("clip", [False, True])
def test_prior_boxes(
    sizes: str,
    boxes: list[tuple[float, float]],
    places: str,
    offset: tuple[float, float],
    step: tuple[float, float],
    image: tuple[int, int],
    clip: bool,
) -> None:
    variance = "variance: 0.1 variance: 0.2 variance: 0.3 variance: 0.4"
    body = f"{sizes} {places} {variance} clip: {str(clip).lower()}"
    bottoms = [(1, 2, 3, 4), (1, 3, 90, 100)]
    one = One(f'type: "PriorBox" prior_box_param {{ {body} }}', bottoms)
    (top,) = one(*(np.zeros(b, np.float32) for b in bottoms))
    want = []
    for row in range(3):
        for column in range(4):
            x, y = (column + offset[1]) * step[1], (row + offset[0]) * step[0]
            for width, height in boxes:
                want += [(x - width / 2) / image[1], (y - height / 2) / image[0]]
                want += [(x + width / 2) / image[1], (y + height / 2) / image[0]]
    want = np.clip(want, 0, 1) if clip else want
    np.testing.assert_allclose(top[0, 0], want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(top[0, 1].reshape(-1, 4)[5 % len(boxes)], [0.1, 0.2, 0.3, 0.4])


def test_each_size_stands_at_every_offset() -> None:
    """In the order of OpenCV's importer, whose words these are: size by size, offset by offset."""
    bottoms = [(1, 2, 1, 2), (1, 3, 20, 40)]
    body = "min_size: 4 min_size: 8 step: 10 offset_h: 0.5 offset_h: 1 offset_w: 0.5 offset_w: 0"
    one = One(f'type: "PriorBox" prior_box_param {{ {body} }}', bottoms)
    (top,) = one(*(np.zeros(b, np.float32) for b in bottoms))
    pixels = top[0, 0].reshape(2, 4, 4) * [40, 20, 40, 20]
    want = [[3, 3, 7, 7], [-2, 8, 2, 12], [1, 1, 9, 9], [-4, 6, 4, 14]]
    np.testing.assert_allclose(pixels[0], want, rtol=1e-5)
    np.testing.assert_allclose(pixels[1], pixels[0] + [10, 0, 10, 0], rtol=1e-5)


FACES = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 64, 96] } } }
layer { name: "low" type: "Input" top: "low" input_param { shape { dim: [1, 8, 2, 3] } } }
layer { name: "small" type: "PriorBox" bottom: "low" bottom: "data" top: "small"
  prior_box_param { min_size: 32 min_size: 64 min_size: 128 step: 32 } }
layer { name: "large" type: "PriorBox" bottom: "low" bottom: "data" top: "large"
  prior_box_param { min_size: 256 step: 32 } }
layer { name: "other" type: "PriorBox" bottom: "low" bottom: "data" top: "other"
  prior_box_param { min_size: 256 max_size: 300 step: 32 } }
"""


def test_faceboxes_lays_small_squares_closer_and_makes_all_a_pixel_smaller() -> None:
    net = compiler.compile(netspec.loads(FACES))
    made = net(data=torch.zeros(1, 3, 64, 96), low=torch.zeros(1, 8, 2, 3))
    want = []
    for y in (16, 48):
        for x in (16, 48, 80):
            grid = [(32, j * 8, i * 8) for i in range(-2, 2) for j in range(-2, 2)]
            grid += [(64, j * 16, i * 16) for i in range(-1, 1) for j in range(-1, 1)]
            for side, right, down in [*grid, (128, 0, 0)]:
                half = (side - 1) / 2
                want += [x + right - half, y + down - half, x + right + half, y + down + half]
    pixels = made["small"].numpy()[0, 0].reshape(-1, 4) * [96, 64, 96, 64]
    np.testing.assert_allclose(pixels, np.reshape(want, (-1, 4)), rtol=1e-4, atol=1e-4)
    first = {name: made[name].numpy()[0, 0, :4] * [96, 64, 96, 64] for name in ("large", "other")}
    np.testing.assert_allclose(first["large"], [-111.5, -111.5, 143.5, 143.5], rtol=1e-5)
    np.testing.assert_allclose(first["other"], [-112, -112, 144, 144], rtol=1e-5)


def test_clustered_prior_boxes() -> None:
    bottoms = [(1, 2, 1, 2), (1, 3, 20, 40)]
    body = "width: 4 height: 8 width: 6 height: 2 step: 10"
    one = One(f'type: "PriorBoxClustered" prior_box_param {{ {body} }}', bottoms)
    (top,) = one(*(np.zeros(b, np.float32) for b in bottoms))
    pixels = top[0, 0].reshape(2, 2, 4) * [40, 20, 40, 20]
    np.testing.assert_allclose(pixels[0], [[3, 1, 7, 9], [2, 4, 8, 6]], rtol=1e-5)
    np.testing.assert_allclose(pixels[1], pixels[0] + [10, 0, 10, 0], rtol=1e-5)
    assert (top[0, 1] == np.float32(0.1)).all()


REFUSED = [  # type and settings, the code
    ('type: "PriorBox" prior_box_param { }', "N207"),
    ('type: "PriorBox" prior_box_param { min_size: 3 max_size: 2 }', "N205"),
    ('type: "PriorBox" prior_box_param { min_size: 3 max_size: 4 max_size: 5 }', "N407"),
    ('type: "PriorBox" prior_box_param { min_size: 3 variance: 1 variance: 2 }', "N407"),
    ('type: "PriorBox" prior_box_param { min_size: 3 step: 0 }', "N205"),
    (
        'type: "PriorBox" prior_box_param { min_size: 3 offset_h: [0, 1, 2] offset_w: [0, 1] }',
        "N407",
    ),
    ('type: "PriorBox" prior_box_param { min_size: 3 max_size: 4 faceboxes: true }', "N208"),
    ('type: "PriorBox" prior_box_param { min_size: 3 img_size: 3 img_h: 3 }', "N203"),
    ('type: "PriorBoxClustered" prior_box_param { width: 3 }', "N407"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_prior_boxes_are_refused(body: str, code: str) -> None:
    with pytest.raises(netspec.SpecError, match=code):
        graph_of(body, [(1, 2, 3, 4), (1, 3, 90, 100)])
