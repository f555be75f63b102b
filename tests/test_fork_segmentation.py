"""SegAccuracy, and the random field of which only the shapes are known."""

from __future__ import annotations

import numpy as np
import pytest
from one_layer import One

import netspec

IMAGE = (2, 4, 6, 8)


def test_seg_accuracy() -> None:
    label = np.array([0, 0, 1, 1, 2, 255], np.float32).reshape(1, 1, 2, 3)
    found = np.array([0, 1, 1, 1, 0, 2])
    scores = np.eye(4, dtype=np.float32)[found].T.reshape(1, 4, 2, 3).copy()
    body = 'type: "SegAccuracy" seg_accuracy_param {{ ignore_label: 255 reset: {} }}'
    want = [3 / 5, (1 / 2 + 1 + 0) / 3, (1 / 3 + 2 / 3 + 0 + 1) / 4]
    one = One(body.format("true"), [scores.shape, label.shape])
    for _ in range(2):
        assert one(scores, label)[0].ravel() == pytest.approx(want)
    counting = One(body.format("false"), [scores.shape, label.shape])
    counting(scores, label)
    label[0, 0, 0, 1] = 1  # the second batch has it right
    assert counting(scores, label)[0].ravel()[0] == pytest.approx(7 / 10)


def test_a_type_whose_shapes_alone_are_known_is_not_run() -> None:
    body = (
        'type: "MultiStageMeanfield" multi_stage_meanfield_param {'
        " theta_alpha: 160 theta_beta: 3 theta_gamma: 3 num_iterations: 5 }"
    )
    with pytest.raises(netspec.SpecError, match="N211"):
        One(body, [IMAGE, IMAGE, (2, 3, 6, 8)])
