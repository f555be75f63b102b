"""SSD's layers against plain loops written from its rules: priors, detections, loss, evaluation."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from one_layer import One, drawn, graph_of

import netspec
from compiler.boxes import decode, encode, overlap, suppress
from netspec.layers.forks.detection import CodeType

Box = np.ndarray
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
    ('type: "PriorBox" prior_box_param { min_size: 3 img_size: 3 img_h: 3 }', "N203"),
    ('type: "PriorBoxClustered" prior_box_param { width: 3 }', "N407"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_prior_boxes_are_refused(body: str, code: str) -> None:
    with pytest.raises(netspec.SpecError, match=code):
        graph_of(body, [(1, 2, 3, 4), (1, 3, 90, 100)])


def shared(a: Box, b: Box) -> float:
    """Intersection over union, as SSD has it."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [max(0.0, c[2] - c[0]) * max(0.0, c[3] - c[1]) for c in (a, b)]
    return width * height / (sum(areas) - width * height)


def decoded(location: Box, prior: Box, variance: Box, code: str) -> Box:
    move = location * variance
    width, height = prior[2] - prior[0], prior[3] - prior[1]
    if code == "CORNER":
        return prior + move
    if code == "CORNER_SIZE":
        return prior + move * [width, height, width, height]
    x, y = (prior[0] + prior[2]) / 2 + move[0] * width, (prior[1] + prior[3]) / 2 + move[1] * height
    w, h = math.exp(move[2]) * width, math.exp(move[3]) * height
    return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


def some_priors(rng: np.random.Generator, count: int) -> np.ndarray:
    corner, side = rng.uniform(-0.1, 0.8, (count, 2)), rng.uniform(0.1, 0.5, (count, 2))
    boxes = np.concatenate([corner, corner + side], 1)
    variance = np.tile([0.1, 0.1, 0.2, 0.2], (count, 1))
    return np.stack([boxes.ravel(), variance.ravel()])[None].astype(np.float32)


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


def naive_loss(
    location: np.ndarray,
    confidence: np.ndarray,
    priors: np.ndarray,
    truth: np.ndarray,
    *,
    classes: int,
    mining: str,
    matching: str,
    by_prior: bool,
    loc_loss: str,
    conf_loss: str,
    inside: bool,
    cross: bool,
    difficult: bool,
    ratio: float,
    size: int,
) -> float:
    """MultiBoxLoss with shared locations, CENTER_SIZE and VALID, in loops over priors."""
    boxes, variances = priors.reshape(2, -1, 4).astype(np.float64)
    batch, count = len(location), len(boxes)
    location = location.reshape(batch, count, 4).astype(np.float64)
    confidence = confidence.reshape(batch, count, classes).astype(np.float64)
    matches, loc_total, conf_total = 0, 0.0, 0.0

    def encoded(box: Box, p: int) -> Box:
        width, height = boxes[p, 2] - boxes[p, 0], boxes[p, 3] - boxes[p, 1]
        x = (box[0] + box[2] - boxes[p, 0] - boxes[p, 2]) / 2 / width
        y = (box[1] + box[3] - boxes[p, 1] - boxes[p, 3]) / 2 / height
        scale = [math.log((box[2] - box[0]) / width), math.log((box[3] - box[1]) / height)]
        return np.array([x, y, *scale]) / variances[p]

    def class_loss(image: int, p: int, label: int | None) -> float:
        s = confidence[image, p]
        if conf_loss == "SOFTMAX":
            return float(np.log(np.exp(s - s.max()).sum()) + s.max() - s[label or 0])
        target = np.array([float(c == label) for c in range(classes)])
        return float((np.maximum(s, 0) - s * target + np.log1p(np.exp(-np.abs(s)))).sum())

    for image in range(batch):
        real = [r for r in truth[0, 0] if int(r[0]) == image and (difficult or not r[7])]
        own = [
            decoded(location[image, p], boxes[p], variances[p], "CENTER_SIZE") for p in range(count)
        ]
        judged = boxes if by_prior else own
        table = np.array([[shared(judged[p], r[3:7]) for r in real] for p in range(count)])
        table = table.reshape(count, len(real))
        table[table <= 1e-6] = 0
        match = dict.fromkeys(range(count), -1)
        if cross and real:
            for p in range(count):
                if (judged[p] < 0).any() or (judged[p] > 1).any():
                    match[p], table[p] = -2, 0
        most = table.max(1) if real else np.zeros(count)
        pool = set(range(len(real)))
        while pool:
            pairs = [(table[p, g], -p, -g) for p in range(count) if match[p] == -1 for g in pool]
            best = max(pairs, default=(0, 0, 0))
            if best[0] <= 0:
                break
            match[-best[1]] = -best[2]
            pool.discard(-best[2])
        if matching == "PER_PREDICTION":
            for p in range(count):
                if match[p] == -1 and real and most[p] >= 0.5:
                    match[p] = int(table[p].argmax())

        def loc_loss_of(
            p: int,
            image: int = image,
            match: dict = match,
            real: list = real,
            judged: np.ndarray = judged,
        ) -> float:
            want = encoded(real[match[p]][3:7], p)
            got = (
                np.where((judged[p] < 0) | (judged[p] > 1), want, location[image, p])
                if inside
                else location[image, p]
            )
            d = np.abs(got - want)
            if loc_loss == "L2":
                return float((d**2 / 2).sum())
            return float(np.where(d < 1, d**2 / 2, d - 0.5).sum())

        def label_of(p: int, match: dict = match, real: list = real) -> int:
            return int(real[match[p]][1]) if match[p] > -1 else 0

        negatives: list[int] = []
        if mining == "NONE":
            negatives = [p for p in range(count) if match[p] < 0]
        elif real:
            losses = {p: class_loss(image, p, label_of(p)) for p in range(count)}
            if mining == "HARD_EXAMPLE":
                for p in range(count):
                    losses[p] += loc_loss_of(p) if match[p] > -1 else 0
                chosen = sorted(range(count), key=lambda p: -losses[p])[:size]
                match.update({p: -1 for p in range(count) if match[p] > -1 and p not in chosen})
            else:
                able = [p for p in range(count) if match[p] == -1 and most[p] < 0.5]
                wanted = int(sum(m > -1 for m in match.values()) * ratio)
                chosen = sorted(able, key=lambda p: -losses[p])[:wanted]
            negatives = [p for p in chosen if match[p] == -1]
        positives = [p for p in range(count) if match[p] > -1]
        matches += len(positives)
        loc_total += sum(loc_loss_of(p) for p in positives)
        conf_total += sum(class_loss(image, p, label_of(p)) for p in positives)
        empty = None if conf_loss == "LOGISTIC" and mining == "NONE" else 0
        conf_total += sum(class_loss(image, p, empty) for p in negatives)
    return (1.5 * loc_total + conf_total) / max(1, matches)


def some_truth(rng: np.random.Generator, batch: int, classes: int) -> np.ndarray:
    rows = []
    for image in range(batch):
        for i in range(int(rng.integers(0, 4))):
            corner, side = rng.uniform(0, 0.6, 2), rng.uniform(0.1, 0.4, 2)
            label, hard = int(rng.integers(1, classes)), int(rng.integers(0, 2))
            rows.append([image, label, i, *corner, *(corner + side), hard])
    return np.array(rows or [[-1] * 8], np.float32)[None, None]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_multibox_loss(data: st.DataObject) -> None:
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    count, batch, classes = (
        draw(st.integers(1, 15)),
        draw(st.integers(1, 3)),
        draw(st.integers(2, 4)),
    )
    said = {
        "classes": classes,
        "mining": draw(st.sampled_from(["NONE", "MAX_NEGATIVE", "HARD_EXAMPLE"])),
        "matching": draw(st.sampled_from(["BIPARTITE", "PER_PREDICTION"])),
        "by_prior": draw(st.booleans()),
        "loc_loss": draw(st.sampled_from(["L2", "SMOOTH_L1"])),
        "conf_loss": draw(st.sampled_from(["SOFTMAX", "LOGISTIC"])),
        "inside": draw(st.booleans()),
        "cross": draw(st.booleans()),
        "difficult": draw(st.booleans()),
        "ratio": draw(st.sampled_from([0.5, 1.0, 3.0])),
        "size": draw(st.sampled_from([1, 4, 64])),
    }
    priors, truth = some_priors(rng, count), some_truth(rng, batch, classes)
    location = rng.normal(size=(batch, count * 4)).astype(np.float32)
    confidence = rng.normal(size=(batch, count * classes)).astype(np.float32)
    flags = {
        "use_prior_for_matching": "by_prior",
        "bp_inside": "inside",
        "ignore_cross_boundary_bbox": "cross",
        "use_difficult_gt": "difficult",
    }
    body = f"""type: "MultiBoxLoss" multibox_loss_param {{
        num_classes: {classes} code_type: CENTER_SIZE mining_type: {said["mining"]} loc_weight: 1.5
        match_type: {said["matching"]}
        loc_loss_type: {said["loc_loss"]} conf_loss_type: {said["conf_loss"]}
        neg_pos_ratio: {said["ratio"]} sample_size: {said["size"]}
        {" ".join(f"{field}: {str(said[key]).lower()}" for field, key in flags.items())} }}"""
    one = One(body, [location.shape, confidence.shape, priors.shape, truth.shape], phase="TRAIN")
    (loss,) = one.tensors(location, confidence, priors, truth)
    assert loss.item() == pytest.approx(
        naive_loss(location, confidence, priors, truth, **said), rel=1e-3, abs=1e-4
    )


@pytest.mark.parametrize("share", [True, False])
def test_multibox_loss_has_the_gradient_of_its_value(share: bool) -> None:
    rng = np.random.default_rng(3)
    priors, truth = some_priors(rng, 12), some_truth(rng, 3, 3)
    mining = "MAX_NEGATIVE" if share else "NONE share_location: false"
    body = f"""type: "MultiBoxLoss" multibox_loss_param {{
        num_classes: 3 code_type: CENTER_SIZE mining_type: {mining} overlap_threshold: 0.3 }}"""
    shapes = [(3, 48 * (1 if share else 3)), (3, 36), priors.shape, truth.shape]
    loss = One(body, shapes, phase="TRAIN").net.layer("op").double()
    fixed = [torch.from_numpy(a).double() for a in (priors, truth)]
    moving = [torch.from_numpy(rng.normal(size=s)).requires_grad_() for s in shapes[:2]]
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, *fixed), moving)


def test_locations_of_a_class_learn_from_its_true_boxes_alone() -> None:
    rng = np.random.default_rng(5)
    priors, truth = some_priors(rng, 8), some_truth(rng, 2, 4)
    shapes = [(2, 8 * 4 * 4), (2, 32), priors.shape, truth.shape]
    body = "num_classes: 4 share_location: false mining_type: NONE overlap_threshold: 0.2"
    one = One(f'type: "MultiBoxLoss" multibox_loss_param {{ {body} }}', shapes, phase="TRAIN")
    location = rng.normal(size=shapes[0]).astype(np.float32)
    one.tensors(location, drawn(0, *shapes[1]), priors, truth, grad=True)[0].backward()
    touched = one.inputs[0].grad.view(2, 8, 4, 4).abs().sum((1, 3)) > 0
    for image in range(2):
        labels = {int(row[1]) for row in truth[0, 0] if row[0] == image}
        assert {c for c in range(4) if touched[image, c]} <= labels
    assert touched.any()


def test_a_true_box_of_the_background_is_refused() -> None:
    shapes = [(1, 4), (1, 2), (1, 2, 4), (1, 1, 1, 8)]
    one = One('type: "MultiBoxLoss" multibox_loss_param { num_classes: 2 }', shapes, phase="TRAIN")
    truth = np.array([0, 0, 0, 0.1, 0.1, 0.9, 0.9, 0], np.float32).reshape(shapes[3])
    with pytest.raises(netspec.SpecError, match="C350"):
        one(*(np.ones(s, np.float32) for s in shapes[:3]), truth)


def test_losses_are_sums_over_what_counts() -> None:
    """Hard negatives grow in number with neg_pos_ratio, and so the loss."""
    rng = np.random.default_rng(7)
    priors, truth = some_priors(rng, 40), some_truth(rng, 4, 3)
    shapes = [(4, 160), (4, 120), priors.shape, truth.shape]
    losses = []
    for ratio in (0.0, 1.0, 2.0, 3.0):
        body = (
            f'type: "MultiBoxLoss" multibox_loss_param {{ num_classes: 3 neg_pos_ratio: {ratio} }}'
        )
        one = One(body, shapes, phase="TRAIN")
        losses.append(one(drawn(0, *shapes[0]), drawn(1, *shapes[1]), priors, truth)[0].item())
    assert all(less < more for less, more in pairwise(losses))
