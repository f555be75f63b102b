"""Losses of regions: smooth L1, hard examples, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from one_layer import One, drawn, graph_of

import netspec

F32 = np.float32


def smooth(x: np.ndarray, sigma: float) -> np.ndarray:
    near = np.abs(x) < 1 / sigma**2
    return np.where(near, 0.5 * (sigma * x) ** 2, np.abs(x) - 0.5 / sigma**2)


SMOOTH = [  # type and settings, how many bottoms, the divisor (batch 2, 3 x 4 places)
    ('type: "SmoothL1Loss" smooth_l1_loss_param { sigma: 3 }', 4, 2),
    ('type: "SmoothL1Loss" smooth_l1_loss_param { sigma: 2 }', 3, 2),
    ('type: "SmoothL1Loss"', 2, 2),
    ('type: "SmoothL1Loss" loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 7 }', 2, 7),
    ('type: "SmoothL1Loss" loss_param { normalization: VALID }', 2, 24),
    ('type: "SmoothL1Loss" loss_param { normalize: false }', 2, 2),
    ('type: "SmoothL1LossOHEM"', 3, 24),
    ('type: "SmoothL1LossOHEM" loss_param { normalization: NONE }', 2, 1),
]


@pytest.mark.parametrize(("body", "count", "divisor"), SMOOTH)
def test_smooth_l1_loss(body: str, count: int, divisor: float) -> None:
    shape = (2, 5, 3, 4)
    blobs = [drawn(i, *shape) * 2 for i in range(count)]
    (loss,) = One(body, [shape] * count)(*blobs)
    inside = blobs[2] if count > 2 else 1
    sigma = 3 if "sigma: 3" in body else 2 if "sigma: 2" in body else 1
    losses = smooth((blobs[0] - blobs[1]) * inside, sigma) * (blobs[3] if count > 3 else 1)
    assert loss == pytest.approx(losses.sum() / divisor, rel=1e-4)


def test_losses_of_each_position() -> None:
    shape = (2, 5, 3, 4)
    a, b = drawn(0, *shape), drawn(1, *shape)
    body = 'type: "SmoothL1LossOHEM" loss_weight: 1 loss_weight: 0'
    _, places = One(body, [shape, shape], 2)(a, b)
    np.testing.assert_allclose(places, smooth(a - b, 1).sum(1, keepdims=True), rtol=1e-5)
    scores, label = drawn(2, 4, 3), np.array([0, 2, 1, 2], F32)
    logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    each = -logs[np.arange(4), label.astype(int)]
    each[1] = each[3] = 0
    for kind in ("SoftmaxWithLoss", "SoftmaxWithLossOHEM"):
        body = (
            f'type: "{kind}" loss_param {{ ignore_label: 2 }}'
            + " loss_weight: 1 loss_weight: 0 loss_weight: 0"
        )
        loss, softmax, losses = One(body, [(4, 3), (4,)], 3)(scores, label)
        np.testing.assert_allclose(losses, each, rtol=1e-5)
        np.testing.assert_allclose(softmax, np.exp(logs), rtol=1e-5)
        assert loss == pytest.approx(each.sum() / 2, rel=1e-5)


def test_hard_examples_keep_their_labels() -> None:
    regions = np.zeros((6, 5), F32)
    regions[3:, 0] = 1
    loss = np.array([0.1, 0.5, 0.4, 0.9, 0.2, 0.3], F32)
    label = np.arange(1, 7, dtype=F32)
    weight = drawn(0, 6, 8)
    body = 'type: "BoxAnnotatorOHEM" box_annotator_ohem_param { roi_per_img: 2 ignore_label: -1 }'
    labels, weights = One(body, [(6, 5), (6,), (6,), (6, 8)], 2)(regions, loss, label, weight)
    assert labels.ravel().tolist() == [-1, 2, 3, 4, -1, 6]
    np.testing.assert_array_equal(weights[:, :, 0, 0], weight * (labels.ravel() > 0)[:, None])


def test_pre_fixed_normalizer_divides_a_softmax_loss() -> None:
    scores, label = drawn(0, 4, 3), np.array([0, 2, 1, 2], F32)
    body = 'type: "SoftmaxWithLoss" loss_param {{ normalization: {} }}'
    (total,) = One(body.format("NONE"), [(4, 3), (4,)])(scores, label)
    fixed = body.format("PRE_FIXED pre_fixed_normalizer: 8")
    (loss,) = One(fixed, [(4, 3), (4,)])(scores, label)
    assert loss == pytest.approx(total / 8)


REFUSED = [  # type and settings, bottoms, the code
    ('type: "ROIPooling" roi_pooling_param { pooled_h: 2 }', [(1, 2, 3, 3), (4, 5)], "N207"),
    (
        'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }',
        [(1, 2, 3, 3), (4, 4)],
        "N401",
    ),
    (
        'type: "PSROIPooling" psroi_pooling_param { output_dim: 2 group_size: 2 spatial_scale: 1 }',
        [(1, 9, 3, 3), (4, 5)],
        "N406",
    ),
    ('type: "Proposal" proposal_param { ratio: 1 }', [(1, 2, 3, 3), (1, 4, 3, 3), (1, 3)], "N207"),
    (
        'type: "Proposal" proposal_param { ratio: 1 scale: 2 }',
        [(1, 4, 3, 3), (1, 4, 3, 3), (1, 3)],
        "N406",
    ),
    ('type: "SmoothL1Loss"', [(2, 3), (2, 4)], "N403"),
]


@pytest.mark.parametrize(("body", "bottoms", "code"), REFUSED)
def test_refused(body: str, bottoms: list[tuple[int, ...]], code: str) -> None:
    with pytest.raises(netspec.SpecError, match=code):
        graph_of(body, bottoms)
