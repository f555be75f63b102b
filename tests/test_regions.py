"""ROIPooling and PSROIPooling against loops over regions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from one_layer import One

F32 = np.float32


def away(value: float) -> float:
    """C's round: halves away from zero."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


def naive_roi_pooling(
    x: np.ndarray, regions: np.ndarray, parts: tuple[int, int], scale: float
) -> np.ndarray:
    """Each part's maximum, with the bounds in 32 bits as the fork's kernels have them."""
    top = np.zeros((len(regions), x.shape[1], *parts), F32)
    for r, region in enumerate(regions):
        left, up, right, down = (away(F32(v) * F32(scale)) for v in region[1:])
        sides = max(down - up + 1, 1), max(right - left + 1, 1)
        size = [F32(side) / F32(n) for side, n in zip(sides, parts)]
        for i in range(parts[0]):
            for j in range(parts[1]):
                bounds = []
                for k, step, start, end in (
                    (i, size[0], up, x.shape[2]),
                    (j, size[1], left, x.shape[3]),
                ):
                    first = np.floor(F32(k) * step) + start
                    last = np.ceil(F32(k + 1) * step) + start
                    bounds.append(slice(int(np.clip(first, 0, end)), int(np.clip(last, 0, end))))
                part = x[int(region[0]), :, bounds[0], bounds[1]]
                if part.size:
                    top[r, :, i, j] = part.max((1, 2))
    return top


def naive_psroi_pooling(
    x: np.ndarray, regions: np.ndarray, outputs: int, side: int, scale: float
) -> np.ndarray:
    """Each part's mean, from the channel that is its own."""
    top = np.zeros((len(regions), outputs, side, side), F32)
    for r, region in enumerate(regions):
        corners = [F32(away(v)) * F32(scale) for v in region[1:3]]
        ends = [F32(away(v) + 1) * F32(scale) for v in region[3:]]
        step = [F32(max(e - s, 0.1)) / F32(side) for s, e in zip(corners, ends)]
        for i in range(side):
            for j in range(side):
                bounds = []
                for k, axis, end in ((i, 1, x.shape[2]), (j, 0, x.shape[3])):
                    first = np.floor(F32(k) * step[axis] + corners[axis])
                    last = np.ceil(F32(k + 1) * step[axis] + corners[axis])
                    bounds.append(slice(int(np.clip(first, 0, end)), int(np.clip(last, 0, end))))
                for o in range(outputs):
                    part = x[int(region[0]), (o * side + i) * side + j, bounds[0], bounds[1]]
                    top[r, o, i, j] = part.mean() if part.size else 0
    return top


def some_regions(rng: np.random.Generator, count: int, images: int, size: float) -> np.ndarray:
    """Regions inside and outside of the image, some turned inside out."""
    corners = rng.uniform(-0.3, 1.1, (count, 2)) * size
    sides = rng.uniform(-0.1, 0.8, (count, 2)) * size
    image = rng.integers(0, images, (count, 1))
    boxes = np.concatenate([image, corners, corners + sides], 1).astype(F32)
    boxes[: count // 3, 1:] = np.round(boxes[: count // 3, 1:])
    return boxes


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_roi_pooling(data: st.DataObject) -> None:
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    height, width = draw(st.integers(1, 14)), draw(st.integers(1, 14))
    parts = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    scale = draw(st.sampled_from([1.0, 0.5, 0.0625]))
    regions = some_regions(rng, 5, 2, max(height, width) / scale)
    x = rng.normal(size=(2, 3, height, width)).astype(F32)
    said = f"pooled_h: {parts[0]} pooled_w: {parts[1]} spatial_scale: {scale}"
    body = f'type: "ROIPooling" roi_pooling_param {{ {said} }}'
    (top,) = One(body, [x.shape, regions.shape])(x, regions)
    np.testing.assert_array_equal(top, naive_roi_pooling(x, regions, parts, scale))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_psroi_pooling(data: st.DataObject) -> None:
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    height, width, side = (
        draw(st.integers(1, 12)),
        draw(st.integers(1, 12)),
        draw(st.integers(1, 4)),
    )
    scale = draw(st.sampled_from([1.0, 0.5, 0.0625]))
    regions = some_regions(rng, 5, 2, max(height, width) / scale)
    x = rng.normal(size=(2, 2 * side**2, height, width)).astype(F32)
    said = f"output_dim: 2 group_size: {side} spatial_scale: {scale}"
    body = f'type: "PSROIPooling" psroi_pooling_param {{ {said} }}'
    (top,) = One(body, [x.shape, regions.shape])(x, regions)
    np.testing.assert_allclose(
        top, naive_psroi_pooling(x, regions, 2, side, scale), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    "body",
    [
        'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 3 }',
        'type: "PSROIPooling" psroi_pooling_param { output_dim: 1 group_size: 2 spatial_scale: 1 }',
    ],
)
def test_region_pooling_has_the_gradient_of_its_value(body: str) -> None:
    rng = np.random.default_rng(0)
    regions = torch.from_numpy(some_regions(rng, 4, 2, 6)).double()
    layer = One(body, [(2, 4, 6, 6), (4, 5)]).net.layer("op").double()
    x = torch.from_numpy(rng.normal(size=(2, 4, 6, 6))).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x, regions), [x])
