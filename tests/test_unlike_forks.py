"""Where netspec does not follow the forks, because they are at fault there."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from one_layer import One, drawn, graph_of

LOGISTIC = """type: "MultiBoxLoss" multibox_loss_param { num_classes: 3 conf_loss_type: LOGISTIC
    mining_type: NONE match_type: BIPARTITE } loss_param { normalization: NONE }"""
CORNERS = np.array([[0.1, 0.1, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9]], np.float32)


def test_the_number_of_the_background_is_but_a_name() -> None:
    priors = np.stack([CORNERS.ravel(), np.full(8, 0.1, np.float32)])[None]
    location, scores = drawn(0, 1, 8), drawn(1, 1, 2, 3)
    first = LOGISTIC.replace("NONE match", "MAX_NEGATIVE match")
    last = first.replace("num_classes: 3", "num_classes: 3 background_label_id: 2")

    def loss(body: str, order: list[int], label: int) -> float:
        box = np.array([0, label, 0, 0.1, 0.1, 0.4, 0.4, 0], np.float32).reshape(1, 1, 1, 8)
        bottoms = location, scores[:, :, order].reshape(1, 6), priors, box
        return float(One(body, [b.shape for b in bottoms])(*bottoms)[0])

    assert loss(last, [0, 1, 2], 1) == pytest.approx(loss(first, [2, 0, 1], 2), rel=1e-6)


def test_images_do_not_share_their_classes() -> None:
    priors = np.stack([CORNERS.ravel(), np.full(8, 0.1, np.float32)])[None]
    truth = [[0, 1, 0, 0.1, 0.1, 0.4, 0.4, 0], [1, 2, 0, 0.5, 0.5, 0.9, 0.9, 0]]
    rows = np.array(truth, np.float32)
    location, scores = drawn(0, 2, 8), drawn(1, 2, 6)

    def loss(images: slice, boxes: np.ndarray) -> float:
        bottoms = location[images], scores[images], priors, boxes[None, None]
        return float(One(LOGISTIC, [b.shape for b in bottoms])(*bottoms)[0])

    second = rows[1:] * np.array([0, 1, 1, 1, 1, 1, 1, 1], np.float32)
    apart = loss(slice(0, 1), rows[:1]) + loss(slice(1, 2), second)
    assert loss(slice(0, 2), rows) == pytest.approx(apart, rel=1e-5)


def test_all_classes_may_be_things() -> None:
    body = 'type: "DetectionOutput" detection_output_param { num_classes: 2 '
    body += "background_label_id: -1 confidence_threshold: 0.1 }"
    priors = np.array([[0.1, 0.1, 0.4, 0.4], [0.1] * 4], np.float32).reshape(1, 2, 4)
    location, scores = np.zeros((1, 4), np.float32), np.array([[0.3, 0.7]], np.float32)
    (top,) = One(body, [(1, 4), (1, 2), (1, 2, 4)])(location, scores, priors)
    np.testing.assert_allclose(top[0, 0, :, 1:3], [[0, 0.3], [1, 0.7]], rtol=1e-6)


def test_a_smooth_loss_counts() -> None:
    assert graph_of('type: "SmoothL1Loss"', [(2, 4), (2, 4)]).loss_weights == {"t0": 1.0}


def test_reorg_has_a_gradient() -> None:
    one = One('type: "Reorg" reorg_param { stride: 2 }', [(1, 4, 4, 6)])
    weight, other = drawn(1, 1, 16, 2, 3), drawn(2, 1, 4, 4, 6)
    (top,) = one.tensors(drawn(0, 1, 4, 4, 6), grad=True)
    (top * torch.from_numpy(weight)).sum().backward()
    gradient = one.inputs[0].grad
    assert gradient is not None
    moved = one(other)[0]
    assert (gradient.numpy() * other).sum() == pytest.approx((weight * moved).sum(), rel=1e-4)


def test_l1_distances_have_the_gradient_of_their_value() -> None:
    body = 'type: "InnerDistance" inner_distance_param { distance_type: "L1" }'
    x, rows, weight = drawn(0, 3, 4), drawn(1, 5, 4), drawn(2, 3, 5)
    one = One(body, [x.shape, rows.shape])
    (top,) = one.tensors(x, rows, grad=True)
    (top * torch.from_numpy(weight)).sum().backward()
    signs = np.sign(x[:, None] - rows) * weight[..., None]
    for found, want in zip(one.inputs, (signs.sum(1), -signs.sum(0))):
        assert found.grad is not None
        np.testing.assert_allclose(found.grad.numpy(), want, rtol=1e-5, atol=1e-6)
