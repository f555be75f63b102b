"""The R-CNN family against plain loops of its rules: region pooling, proposals, losses."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from one_layer import One, drawn, graph_of

import netspec

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


def naive_proposals(
    scores: np.ndarray,
    moves: np.ndarray,
    image: np.ndarray,
    anchors: np.ndarray,
    stride: int,
    least: float,
    before: int,
    after: int,
    limit: float,
) -> np.ndarray:
    """regions x 5 (left, top, right, bottom, score) of one image, by loops over positions."""
    count, (height, width) = len(anchors), scores.shape[1:]
    found = []
    for y in range(height):
        for x in range(width):
            for a, anchor in enumerate(anchors):
                box = anchor + np.array([x, y, x, y]) * stride
                w, h = box[2] - box[0] + 1, box[3] - box[1] + 1
                dx, dy, dw, dh = moves[4 * a : 4 * a + 4, y, x]
                cx, cy = dx * w + box[0] + w / 2, dy * h + box[1] + h / 2
                half = math.exp(dw) * w / 2, math.exp(dh) * h / 2
                corners = [cx - half[0], cy - half[1], cx + half[0], cy + half[1]]
                ends = [image[1] - 1, image[0] - 1] * 2
                moved = [max(0.0, min(c, e)) for c, e in zip(corners, ends)]
                large = min(moved[2] - moved[0], moved[3] - moved[1]) + 1 >= least * image[2]
                found.append([*moved, scores[count + a, y, x] * large])
    found.sort(key=lambda row: -row[4])
    kept: list[list[float]] = []
    for row in found[:before]:

        def shared(other: list[float], row: list[float] = row) -> float:
            sides = [min(row[i + 2], other[i + 2]) - max(row[i], other[i]) + 1 for i in (0, 1)]
            common = max(0.0, sides[0]) * max(0.0, sides[1])
            areas = [(b[2] - b[0] + 1) * (b[3] - b[1] + 1) for b in (row, other)]
            return common / (sum(areas) - common)

        if len(kept) < after and all(shared(other) <= limit for other in kept):
            kept.append(row)
    return np.array(kept)


def test_anchors_are_those_of_the_paper() -> None:
    """The nine anchors that Faster R-CNN's code prints for its defaults (generate_anchors.py)."""
    body = "ratio: 0.5 ratio: 1 ratio: 2 scale: 8 scale: 16 scale: 32"
    layer = (
        graph_of(
            f'type: "Proposal" proposal_param {{ {body} }}', [(1, 18, 3, 3), (1, 36, 3, 3), (1, 3)]
        )
        .by_name["op"]
        .layer
    )
    want = [
        [-84, -40, 99, 55],
        [-176, -88, 191, 103],
        [-360, -184, 375, 199],
        [-56, -56, 71, 71],
        [-120, -120, 135, 135],
        [-248, -248, 263, 263],
        [-36, -80, 51, 95],
        [-80, -168, 95, 183],
        [-168, -344, 183, 359],
    ]
    assert np.allclose(layer.anchors(), want)


@pytest.mark.parametrize("seed", range(6))
def test_proposals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, moves = rng.uniform(size=(1, 8, 5, 6)).astype(F32), drawn(seed, 1, 16, 5, 6) / 2
    image = np.array([[60, 80, 1.5]], F32)
    before, after = (30, 5) if seed % 2 else (200, 40)
    body = f"""type: "Proposal" proposal_param {{ feat_stride: 12 base_size: 10 min_size: 8
        ratio: 0.5 ratio: 2 scale: 1 scale: 3
        pre_nms_topn: {before} post_nms_topn: {after} nms_thresh: 0.5 }}"""
    one = One(body, [scores.shape, moves.shape, image.shape], 2)
    regions, best = one(scores, moves, image)
    anchors = np.array(one.graph.by_name["op"].layer.anchors())
    want = naive_proposals(scores[0], moves[0], image[0], anchors, 12, 8, before, after, 0.5)
    assert regions.shape == (len(want), 5)
    assert (regions[:, 0] == 0).all()
    np.testing.assert_allclose(regions[:, 1:], want[:, :4], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(best, want[:, 4], rtol=1e-5)


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


def by_python(module: str, name: str, said: str) -> str:
    text = f'module: "{module}" layer: "{name}" param_str: "{said}"'
    return f'type: "Python" python_param {{ {text} }}'


PROPOSALS = by_python(
    "rpn.proposal_layer", "ProposalLayer", "{'feat_stride': 12, 'scales': [1, 3]}"
)
STAND_INS = [  # what the file says, bottoms, tops
    (PROPOSALS, [(1, 12, 5, 6), (1, 24, 5, 6), (1, 3)], [(1, 5), (1, 1, 1, 1)]),
    (
        by_python("rpn.anchor_target_layer", "AnchorTargetLayer", "'feat_stride': 16"),
        [(1, 18, 5, 6), (1, 4), (1, 3), (1, 3, 80, 96)],
        [(1, 1, 45, 6), (1, 36, 5, 6), (1, 36, 5, 6), (1, 36, 5, 6)],
    ),
    (
        by_python("rpn.proposal_target_layer", "ProposalTargetLayer", "'num_classes': 3"),
        [(1, 5), (1, 4)],
        [(1, 5, 1, 1), (1, 1, 1, 1), (1, 12, 1, 1), (1, 12, 1, 1), (1, 12, 1, 1)],
    ),
    (
        by_python("roi_data_layer.layer", "RoIDataLayer", "'num_classes': 3"),
        [],
        [(1, 3, 600, 1000), (1, 3), (1, 4)],
    ),
]


@pytest.mark.parametrize(("body", "bottoms", "tops"), STAND_INS)
def test_python_classes_of_faster_rcnn_have_stand_ins(
    body: str, bottoms: list[tuple[int, ...]], tops: list[tuple[int, ...]]
) -> None:
    graph = graph_of(body, bottoms, len(tops), "TRAIN")
    assert [graph.blob_shapes[f"t{i}"] for i in range(len(tops))] == tops


def test_proposals_of_the_python_class_leave_small_boxes_out() -> None:
    scores, moves = (
        np.random.default_rng(0).uniform(size=(1, 12, 5, 6)).astype(F32),
        drawn(1, 1, 24, 5, 6) / 2,
    )
    image = np.array([[60, 80, 2.0]], F32)
    one = One(PROPOSALS, [scores.shape, moves.shape, image.shape], 2)
    regions, best = one(scores, moves, image)
    anchors = np.array(one.graph.by_name["op"].layer.anchors())
    want = naive_proposals(scores[0], moves[0], image[0], anchors, 12, 16, 6000, 300, 0.7)
    want = want[want[:, 4] > 0]
    np.testing.assert_allclose(regions[:, 1:], want[:, :4], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(best, want[:, 4:], rtol=1e-5)
    sides = regions[:, 3:] - regions[:, 1:3] + 1
    assert (sides >= 16 * 2).all()


def test_a_param_str_that_cannot_be_read_is_refused() -> None:
    for said in ("'num_classes': many", "[", "nothing"):
        body = by_python("rpn.proposal_target_layer", "ProposalTargetLayer", said)
        with pytest.raises(netspec.SpecError, match="N204"):
            graph_of(body, [(1, 5), (1, 4)], 5)
