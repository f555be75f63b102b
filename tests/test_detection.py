"""DetectionOutput and DetectionEvaluate against loops over boxes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from boxes import decoded, shared, some_priors
from hypothesis import given, settings
from hypothesis import strategies as st
from one_layer import One, drawn

from compiler.boxes import decode, encode, overlap, suppress
from netspec.layers.forks.detection import CodeType


@pytest.mark.parametrize("code", list(CodeType))
@pytest.mark.parametrize("spread", [True, False])
def test_codes(code: CodeType, spread: bool) -> None:
    rng = np.random.default_rng(0)
    priors = torch.from_numpy(some_priors(rng, 9)).view(2, 9, 4)
    variance = priors[1] if spread else None
    location = torch.from_numpy(drawn(1, 9, 4))
    boxes = decode(location, priors[0], variance, code)
    for i in range(9):
        scale = priors[1, i].numpy() if spread else np.ones(4)
        want = decoded(location[i].numpy(), priors[0, i].numpy(), scale, code.name)
        np.testing.assert_allclose(boxes[i], want, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        encode(boxes, priors[0], variance, code), location, rtol=1e-3, atol=1e-4
    )


def naive_detections(
    location: np.ndarray,
    confidence: np.ndarray,
    priors: np.ndarray,
    *,
    classes: int,
    share: bool,
    background: int,
    code: str,
    in_target: bool,
    threshold: float,
    low: float,
    top_k: int,
    keep: int,
    eta: float,
) -> list[list[float]]:
    boxes, variances = priors.reshape(2, -1, 4).astype(np.float64)
    count = len(boxes)
    location = location.reshape(len(location), count, -1, 4)
    confidence = confidence.reshape(len(confidence), count, classes)
    rows = []
    for image in range(len(location)):
        found = []
        for label in range(classes):
            if label == background:
                continue
            scale = np.ones((count, 4)) if in_target else variances
            place = location[image, :, 0 if share else label]
            mine = [decoded(place[p], boxes[p], scale[p], code) for p in range(count)]
            score = confidence[image, :, label]
            order = [p for p in np.argsort(-score, kind="stable") if score[p] > low]
            order = order[:top_k] if top_k >= 0 else order
            kept, limit = [], threshold
            for p in order:
                if all(shared(mine[p], mine[k]) <= limit for k in kept):
                    kept.append(p)
                    limit *= eta if eta < 1 and limit > 0.5 else 1
            found += [[image, label, score[p], *mine[p]] for p in kept]
        if 0 <= keep < len(found):
            best = sorted(range(len(found)), key=lambda i: -found[i][2])[:keep]
            found = [found[i] for i in sorted(best)]
        rows += found
    return rows or [[i, *[-1] * 6] for i in range(len(location))]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_detections(data: st.DataObject) -> None:
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    count, batch, classes = (
        draw(st.integers(1, 12)),
        draw(st.integers(1, 3)),
        draw(st.integers(1, 4)),
    )
    said = {
        "classes": classes,
        "share": draw(st.booleans()),
        "background": draw(st.integers(-1, classes - 1)),
        "code": draw(st.sampled_from(["CORNER", "CENTER_SIZE", "CORNER_SIZE"])),
        "in_target": draw(st.booleans()),
        "threshold": draw(st.sampled_from([0.0, 0.3, 0.7, 1.0])),
        "low": draw(st.sampled_from([-1.0, 0.4, 0.8, 2.0])),
        "top_k": draw(st.sampled_from([-1, 1, 3, 100])),
        "keep": draw(st.sampled_from([-1, 0, 1, 4, 100])),
        "eta": draw(st.sampled_from([1.0, 0.8])),
    }
    priors = some_priors(rng, count)
    location = rng.normal(size=(batch, count * 4 * (1 if said["share"] else classes))).astype("f4")
    confidence = rng.uniform(size=(batch, count * classes)).astype(np.float32)
    body = f"""type: "DetectionOutput" detection_output_param {{
        num_classes: {classes} share_location: {str(said["share"]).lower()}
        background_label_id: {said["background"]} code_type: {said["code"]}
        variance_encoded_in_target: {str(said["in_target"]).lower()}
        keep_top_k: {said["keep"]} confidence_threshold: {said["low"]}
        nms_param {{ nms_threshold: {said["threshold"]} top_k: {said["top_k"]} eta: {said["eta"]} }}
    }}"""
    one = One(body, [location.shape, confidence.shape, priors.shape])
    (top,) = one(location, confidence, priors)
    want = np.array(naive_detections(location, confidence, priors, **said))
    assert top.shape == (1, 1, *want.shape)
    np.testing.assert_allclose(top[0, 0], want, rtol=1e-3, atol=1e-4)


def test_equal_scores_keep_the_order_of_the_priors() -> None:
    boxes = np.array([[0.0, 0, 0.2, 0.2], [0.5, 0.5, 0.7, 0.7], [0.0, 0, 0.2, 0.2]], np.float32)
    priors = np.stack([boxes.ravel(), np.ones(12, np.float32)])[None]
    one = One(
        'type: "DetectionOutput" detection_output_param { num_classes: 1 background_label_id: -1 }',
        [(1, 12), (1, 3), priors.shape],
    )
    (top,) = one(np.zeros((1, 12), np.float32), np.ones((1, 3), np.float32), priors)
    np.testing.assert_array_equal(top[0, 0, :, 3:], boxes[:2])


def test_suppression_needs_memory_for_the_boxes_alone() -> None:
    count = 20000  # their squared number would be 1.6 GB
    corner = torch.rand(count, 2, generator=torch.Generator().manual_seed(0))
    boxes = torch.cat([corner, corner + 0.3], 1)[None]
    kept = suppress(boxes, torch.ones(1, count, dtype=torch.bool), 0.4)[0]
    survivors = boxes[0, kept]
    assert (overlap(survivors[:, None], survivors[None]) > 0.4).sum() == len(survivors)
    assert (overlap(boxes[0][:, None], survivors[None]).amax(1) > 0.4).all()


def test_a_box_without_area_overlaps_nothing() -> None:
    boxes = torch.tensor([[0.2, 0.2, 0.2, 0.5], [0.6, 0.6, 0.4, 0.9], [0.0, 0, 1, 1]])
    assert not overlap(boxes[:2, None], boxes[None]).any()


EVALUATED = [  # detections (image, label, score, box), what is said of each: right, wrong
    ([0, 1, 0.9, 0.1, 0.1, 0.5, 0.5], (1, 0)),
    ([0, 1, 0.8, 0.1, 0.1, 0.5, 0.6], (0, 1)),  # found already
    ([0, 1, 0.7, 0.6, 0.6, 0.9, 0.9], (0, 0)),  # a difficult one
    ([0, 1, 0.6, 0.7, 0.1, 0.9, 0.2], (0, 1)),  # nothing there
    ([0, 2, 0.5, 0.1, 0.1, 0.5, 0.5], (0, 1)),  # another label
    ([1, 1, 0.5, 0.1, 0.1, 0.5, 0.5], (0, 1)),  # an image without true boxes
]


def test_detections_are_evaluated() -> None:
    found = np.array([row for row, _ in EVALUATED], np.float32)[None, None]
    truth = [
        [0, 1, 0, 0.1, 0.1, 0.5, 0.5, 0],
        [0, 1, 1, 0.6, 0.6, 0.9, 0.9, 1],
        [-1] * 8,
        [0, 2] + [1] * 6,
    ]
    real = np.array(truth, np.float32)[None, None]
    said = "num_classes: 3 evaluate_difficult_gt: {}"
    body = f'type: "DetectionEvaluate" detection_evaluate_param {{{{ {said} }}}}'
    one = One(body.format("false"), [found.shape, real.shape])
    (top,) = one(found, real)
    assert top.shape == one.graph.blob_shapes["t0"] == (1, 1, 8, 5)
    np.testing.assert_array_equal(top[0, 0, :2], [[-1, 1, 1, -1, -1], [-1, 2, 0, -1, -1]])
    np.testing.assert_allclose(top[0, 0, 2:, :3], found[0, 0, :, :3])
    assert top[0, 0, 2:, 3:].tolist() == [list(said) for _, said in EVALUATED]
    (all_count,) = One(body.format("true"), [found.shape, real.shape])(found, real)
    assert all_count[0, 0, 0, 2] == 2
    assert all_count[0, 0, 4, 3:].tolist() == [1, 0]
