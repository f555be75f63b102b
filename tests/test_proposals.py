"""Proposal, and what stands in for Faster R-CNN's Python classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from one_layer import One, drawn, graph_of

import netspec

F32 = np.float32


def away(value: float) -> float:
    """C's round: halves away from zero."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


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
