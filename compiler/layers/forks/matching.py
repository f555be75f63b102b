"""Which prior matches which true box, and which priors a MultiBoxLoss learns from (SSD's rules)."""

from __future__ import annotations

import torch
from torch import Tensor

from compiler.boxes import area, overlap, suppress
from netspec.layers.forks.multibox import MatchType, MiningType, MultiBoxLoss

NONE, IGNORED = -1, -2  # no true box; a prior that does not count
TOUCH = 1e-6  # what overlaps by less does not overlap
SMALL = 1e-5  # boxes of less area are dropped when priors are suppressed


def match(boxes: Tensor, truth: Tensor, said: MultiBoxLoss) -> tuple[Tensor, Tensor]:
    """(the true box of each of `boxes`, or NONE or IGNORED; its largest overlap with any).

    `boxes` are priors x 4 and `truth` true x 4. Each true box first takes the one that overlaps it
    most, the best pair first; ties go to the first.
    """
    found = torch.full((len(boxes),), NONE, device=boxes.device)
    shared = overlap(boxes[:, None], truth[None])
    shared = torch.where(shared > TOUCH, shared, 0.0)
    if said.ignore_cross_boundary_bbox:
        across = ((boxes < 0) | (boxes > 1)).any(1)
        found[across], shared = IGNORED, torch.where(across[:, None], 0.0, shared)
    if not len(truth):
        return found.fill_(NONE), shared.new_zeros(len(boxes))
    most, nearest = shared.max(1)
    free = shared.clone()
    for _ in range(len(truth)):
        best = int(free.argmax())
        prior, box = divmod(best, len(truth))
        if free[prior, box] <= 0:
            break
        found[prior] = box
        free[prior], free[:, box] = 0, 0
    if said.match_type is MatchType.PER_PREDICTION:
        near = (found == NONE) & (most > 0) & (most >= said.overlap_threshold)
        found = torch.where(near, nearest, found)
    return found, most


def mine(
    found: Tensor, most: Tensor, loss: Tensor, boxes: Tensor, said: MultiBoxLoss
) -> tuple[Tensor, Tensor]:
    """(the matches that count, which priors count as background) of one image that has true boxes.

    `loss` is each prior's, `boxes` what is suppressed before the worst are taken.
    """
    hard = said.mining_type is MiningType.HARD_EXAMPLE
    eligible = torch.ones_like(found, dtype=torch.bool)
    if not hard:
        eligible = (found == NONE) & (most < said.neg_overlap)
    wanted = said.sample_size if hard else int(int((found > NONE).sum()) * said.neg_pos_ratio)
    places = eligible.nonzero().squeeze(1)
    order = places[loss[places].argsort(descending=True, stable=True)]
    rule = said.nms_param
    if rule is not None and rule.nms_threshold > 0:
        order = order[: rule.top_k or 0] if (rule.top_k or 0) >= 0 else order
        order = order[area(boxes[order]) >= SMALL]
        alive = torch.ones(1, len(order), dtype=torch.bool, device=order.device)
        order = order[suppress(boxes[order][None], alive, rule.nms_threshold)[0]]
    selected = torch.zeros_like(eligible)
    selected[order[:wanted]] = True
    background = (found == NONE) & selected
    if hard:
        found = torch.where((found > NONE) & ~selected, NONE, found)
    return found, background
