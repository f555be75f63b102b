"""MultiBoxLoss: the losses of locations and classes over the priors that were matched and mined."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.bounds import at_most
from compiler.boxes import decode, encode
from compiler.labels import class_numbers
from compiler.layers.forks.gradients import learning_as
from compiler.layers.forks.matching import NONE, match, mine
from compiler.layers.loss import WORST
from compiler.lower import lower
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node
from netspec.layers.forks.multibox import ConfidenceLoss, LocationLoss, MiningType, MultiBoxLoss
from netspec.layers.loss import NormalizationMode


@dataclass(frozen=True)
class Image:
    """One image's predictions and true boxes."""

    location: Tensor  # priors x location classes x 4
    scores: Tensor  # priors x classes
    truth: Tensor  # true boxes x 4
    labels: Tensor  # of the true boxes


class MultiBox(nn.Module):
    """loc_weight times the locations' loss plus the classes', over what the mode says."""

    def __init__(self, layer: MultiBoxLoss, node: Node) -> None:
        super().__init__()
        self.layer, self.name = layer, node.name
        downs = node.propagate_down or (True, True)
        self.parts = downs[0], downs[1]
        self.mode = layer.rule.mode(NormalizationMode.VALID)

    def forward(
        self, location: Tensor, confidence: Tensor, priors: Tensor, truth: Tensor
    ) -> Tensor:
        said = self.layer
        batch = len(location)
        prior, variance = priors.detach().reshape(2, -1, 4)
        places = location.reshape(batch, -1, said.location_classes, 4)
        scores = confidence.reshape(batch, -1, said.num_classes)
        rows = truth.detach().reshape(-1, truth.shape[-1])
        counted = (rows[:, 0] != -1) & (said.use_difficult_gt | (rows[:, 7] == 0))
        rows = rows[counted]
        labels = self._labels(rows)
        total_location, total_class = location.sum() * 0, confidence.sum() * 0
        matches = 0
        for i in range(batch):
            own = rows[:, 0].long() == i
            image = Image(places[i], scores[i], rows[own, 3:7], labels[own])
            count, of_location, of_class = self._of_image(image, prior, variance)
            matches, total_location = matches + count, total_location + of_location
            total_class = total_class + of_class
        divisor = self._divisor(batch, len(prior), matches)
        weights = said.loc_weight * self.parts[0], 1.0 * self.parts[1]
        return (weights[0] * total_location + weights[1] * total_class) / divisor

    def _labels(self, rows: Tensor) -> Tensor:
        """The labels of true boxes; raises SpecError for one that the scores do not have."""
        said, background = self.layer, self.layer.background_label_id
        if said.map_object_to_agnostic:
            return torch.full((len(rows),), background + 1, device=rows.device)
        target, _ = class_numbers(rows[:, 1], said.num_classes, None, self.name)
        if target.device.type == "cpu" and bool((target == background).any()):
            message = f"{self.name} got a true box of the background, {background}"
            raise SpecError(Diagnostic("C350", message, None, "things have labels of their own"))
        return target

    def _divisor(self, batch: int, priors: int, matches: int) -> float:
        counts = {
            NormalizationMode.FULL: batch * priors,
            NormalizationMode.VALID: matches,
            NormalizationMode.BATCH_SIZE: batch,
            NormalizationMode.NONE: 1,
        }
        return max(1, counts.get(self.mode, self.layer.rule.pre_fixed_normalizer))

    def _of_image(
        self, image: Image, prior: Tensor, variance: Tensor
    ) -> tuple[int, Tensor, Tensor]:
        """(how many matches, the loss of their locations, the loss of the classes)."""
        said = self.layer
        found = self._match(image, prior, variance)
        background = torch.ones_like(found[0][0], dtype=torch.bool)
        if said.mining_type is not MiningType.NONE:
            if len(image.truth):
                matched, background = self._mine(image, found[0], prior, variance)
                found = [(matched, found[0][1])]
            else:
                background = ~background  # an image without true boxes teaches nothing
        count, loss = 0, image.location.sum() * 0
        unmatched = said.background_label_id
        if said.conf_loss_type is ConfidenceLoss.LOGISTIC and said.mining_type is MiningType.NONE:
            unmatched = NONE  # then no class is the target of what has no match
        target = torch.full_like(found[0][0], unmatched)
        counted = background
        for c, (matched, _) in enumerate(found):
            here = matched > NONE
            count += int(here.sum())
            loss = loss + self._location_losses(image, c, matched, prior, variance).sum()
            picked = image.labels[matched.clamp(min=0)] if len(image.labels) else target
            target = torch.where(here, picked, target)
            counted = counted | here
        return count, loss, self._class_losses(image.scores, target, counted).sum()

    def _match(self, image: Image, prior: Tensor, variance: Tensor) -> list[tuple[Tensor, Tensor]]:
        """(match, largest overlap) of each prior, for each location class."""
        said, found = self.layer, []
        shared = match(prior, image.truth, said) if said.use_prior_for_matching else None
        for c in range(said.location_classes):
            wrong = not said.share_location and c == said.background_label_id
            own = None if said.share_location else image.labels == c
            if shared is None and not wrong:
                boxes = self._decoded(image, c, prior, variance)
                real = image.truth if own is None else image.truth[own]
                matched, most = match(boxes, real, said)
                if own is not None and bool(own.any()):
                    of_all = own.nonzero().squeeze(1)
                    matched = torch.where(matched >= 0, of_all[matched.clamp(min=0)], matched)
                found.append((matched, most))
                continue
            matched, most = shared or match(prior, image.truth[:0], said)
            if own is not None and len(own):
                matched = torch.where(
                    (matched >= 0) & own[matched.clamp(min=0)] & (not wrong), matched, NONE
                )
            found.append((matched, most))
        return found

    def _decoded(self, image: Image, c: int, prior: Tensor, variance: Tensor) -> Tensor:
        said = self.layer
        scale = None if said.encode_variance_in_target else variance
        return decode(image.location[:, c].detach(), prior, scale, said.code_type)

    @torch.no_grad()
    def _mine(
        self, image: Image, found: tuple[Tensor, Tensor], prior: Tensor, variance: Tensor
    ) -> tuple[Tensor, Tensor]:
        said = self.layer
        matched, most = found
        labels = torch.where(
            matched > NONE, image.labels[matched.clamp(min=0)], said.background_label_id
        )
        loss = self._class_losses(image.scores, labels, torch.ones_like(labels, dtype=torch.bool))
        if said.mining_type is MiningType.HARD_EXAMPLE:
            loss = loss + self._location_losses(image, 0, matched, prior, variance)
        boxes = prior if said.use_prior_for_nms else self._decoded(image, 0, prior, variance)
        return mine(matched, most, loss, boxes, said)

    def _location_losses(
        self, image: Image, c: int, matched: Tensor, prior: Tensor, variance: Tensor
    ) -> Tensor:
        """The loss of each prior's location; 0 where it has no match."""
        said = self.layer
        losses = prior.new_zeros(len(prior))
        here = (matched > NONE).nonzero().squeeze(1)
        if not len(here):
            return losses
        own, spread = prior[here], variance[here]
        wanted = encode(
            image.truth[matched[here]],
            own,
            None if said.encode_variance_in_target else spread,
            said.code_type,
        )
        got = image.location[here, c]
        if said.bp_inside:
            boxes = (
                own
                if said.use_prior_for_matching
                else self._decoded(image, c, prior, variance)[here]
            )
            got = torch.where((boxes < 0) | (boxes > 1), wanted, got)
        if said.encode_variance_in_target:
            got = learning_as(got / spread, got)
            wanted = wanted / spread
        if said.loc_loss_type is LocationLoss.L2:
            each = (got - wanted).square() / 2
        else:
            each = F.smooth_l1_loss(got, wanted, reduction="none")
        return losses.index_put((here,), each.sum(1))

    def _class_losses(self, scores: Tensor, labels: Tensor, counted: Tensor) -> Tensor:
        """The loss of each prior's class; 0 where it does not count."""
        said = self.layer
        if said.conf_loss_type is ConfidenceLoss.SOFTMAX:
            logs = scores.log_softmax(1)
            losses = -logs.gather(1, labels[:, None]).squeeze(1)
            losses = at_most(losses, WORST)
        else:
            classes = torch.arange(said.num_classes, device=scores.device)
            target = (labels[:, None] == classes).to(scores.dtype)
            losses = F.binary_cross_entropy_with_logits(scores, target, reduction="none").sum(1)
        return torch.where(counted, losses, 0.0)


@lower.register
def multi_box_loss(layer: MultiBoxLoss, node: Node) -> nn.Module:
    return MultiBox(layer, node)
