"""MultiBoxLoss against loops over images, priors and true boxes."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from boxes import Box, decoded, shared, some_priors, some_truth
from hypothesis import given, settings
from hypothesis import strategies as st
from one_layer import One, drawn

import netspec


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
