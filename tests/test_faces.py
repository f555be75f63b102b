"""Layers that learn faces: margins, centres, pairs."""

from __future__ import annotations

import numpy as np
import pytest
from one_layer import One, drawn

MARGINS = [("SINGLE", 1), ("DOUBLE", 2), ("TRIPLE", 3), ("QUADRUPLE", 4)]


@pytest.mark.parametrize(("kind", "times"), MARGINS)
def test_margin_inner_product_counts_the_angle_several_times(kind: str, times: int) -> None:
    body = f"""type: "MarginInnerProduct" margin_inner_product_param {{
        num_output: 40 type: {kind} base: 8 gamma: 1 lambda_min: 0.5 }}"""
    one, x = One(body, [(30, 4), (30,)], 2, "TRAIN"), drawn(0, 30, 4)
    rows, label = drawn(1, 40, 4), np.arange(30).astype(np.float32)
    one.fill(rows)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    length = np.linalg.norm(x, axis=1)
    for step in (1, 2):
        top, share = one(x, label)
        assert share == pytest.approx(8 / (1 + step))
        plain = x @ rows.T
        angle = np.arccos(np.clip(plain[np.arange(30), np.arange(30)] / length, -1, 1))
        k = np.floor(angle * times / np.pi)
        want = plain.copy()
        true = length * ((-1) ** k * np.cos(times * angle) - 2 * k)
        want[np.arange(30), np.arange(30)] = true if times > 1 else plain.diagonal()
        want = (want + share * plain) / (1 + share) if times > 1 else plain
        np.testing.assert_allclose(top, want, rtol=1e-3, atol=1e-4)


def test_center_loss_moves_centres_by_the_mean_of_their_members() -> None:
    one = One(
        'type: "CenterLoss" center_loss_param { num_output: 3 }', [(4, 2), (4,)], phase="TRAIN"
    )
    centres, label = drawn(1, 3, 2), np.array([0, 2, 2, 2], np.float32)
    one.fill(centres)
    x = drawn(0, 4, 2)
    (loss,) = one.tensors(x, label, grad=True)
    difference = x - centres[label.astype(int)]
    assert loss.item() == pytest.approx((difference**2).sum() / 8, rel=1e-5)
    (3 * loss).backward()
    np.testing.assert_allclose(one.inputs[0].grad, 3 * difference / 4, rtol=1e-5)
    want = np.stack([-difference[0] / 2, np.zeros(2), -difference[1:].sum(0) / 4])
    np.testing.assert_allclose(one.blobs[0].grad, want, rtol=1e-5)


PAIRS = [  # settings of a GeneralContrastiveLoss
    "",
    "positive_margin: 0.2 negative_margin: 1.5 positive_weight: 2 negative_weight: 0.5",
    "exp_negative_weight: true negative_margin: 2",
    "positive_outlier_thresh: 0.7",
]


@pytest.mark.parametrize("said", PAIRS)
def test_general_contrastive_loss_against_its_layers_own_loops(said: str) -> None:
    distances, label = np.abs(drawn(4, 6, 5)), np.array([0, 4, 2, 2, 1, 3], np.float32)
    told = dict(zip(said.replace(":", "").split()[::2], said.replace(":", "").split()[1::2]))
    own_margin, other_margin, own_weight, other_weight, most = (
        float(told.get(name, default))
        for name, default in (
            ("positive_margin", 0),
            ("negative_margin", 1),
            ("positive_weight", 1),
            ("negative_weight", 1),
            ("positive_outlier_thresh", 4),
        )
    )
    loss, slopes, means = 0.0, np.zeros_like(distances), [0.0, 0.0]
    for i, row in enumerate(distances):
        for j, x in enumerate(row):
            if j == label[i]:
                value = min(most, max(0.0, x - own_margin))
                loss, means[0] = loss + value * own_weight, means[0] + value
                slopes[i, j] = own_weight if own_margin < x < most else 0
            elif x < other_margin:
                force = np.exp(-x) if "exp_negative_weight" in told else 1.0
                value = force if "exp_negative_weight" in told else other_margin - x
                loss, means[1] = loss + value * other_weight, means[1] + other_margin - x
                slopes[i, j] = -force * other_weight
    body = f'type: "GeneralContrastiveLoss" general_contrastive_loss_param {{ {said} }}'
    one = One(f"{body} loss_weight: 1 loss_weight: 0", [(6, 5), (6,)], 2, "TRAIN")
    found, shown = one.tensors(distances, label, grad=True)
    found.backward()
    assert found.item() == pytest.approx(loss / 6)
    assert shown.detach().numpy() == pytest.approx([means[0] / 6, means[1] / 6 / 4])
    assert one.inputs[0].grad is not None
    np.testing.assert_allclose(one.inputs[0].grad.numpy(), slopes / 6, rtol=1e-5, atol=1e-7)
