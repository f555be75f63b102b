"""DetectionOutput and DetectionEvaluate, with SSD's order and ties kept stable."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.boxes import decode, overlap, suppress
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.detection import DETECTION, DetectionEvaluate, DetectionOutput


class Detections(nn.Module):
    """Boxes that stay, image by image: 1 x 1 x detections x 7. No gradient flows."""

    labels: Tensor

    def __init__(self, layer: DetectionOutput) -> None:
        super().__init__()
        self.layer = layer
        labels = [c for c in range(layer.num_classes) if c != layer.background_label_id]
        self.register_buffer("labels", torch.tensor(labels, dtype=torch.long), persistent=False)

    @torch.no_grad()
    def forward(self, location: Tensor, confidence: Tensor, priors: Tensor) -> Tensor:
        said = self.layer
        batch = len(location)
        prior, variance = priors.reshape(2, -1, 1, 4)
        coded = location.reshape(batch, -1, said.location_classes, 4)
        scale = None if said.variance_encoded_in_target else variance
        boxes = decode(coded, prior, scale, said.code_type)
        scores = confidence.reshape(batch, -1, said.num_classes)
        found = [self._of_image(i, boxes[i], scores[i]) for i in range(batch)]
        top = torch.cat(found)
        if not len(top):  # SSD's sign that there is nothing: a row of -1 for each image
            top = top.new_full((batch, DETECTION), -1)
            top[:, 0] = torch.arange(batch)
        return top[None, None]

    def _of_image(self, image: int, boxes: Tensor, scores: Tensor) -> Tensor:
        """detections x 7 of boxes (priors x classes x 4) and scores (priors x classes)."""
        said, rule = self.layer, self.layer.nms_param
        scores = scores.t()[self.labels]
        low = said.confidence_threshold
        low = torch.finfo(torch.float32).min if low is None else low
        counts = int((scores > low).sum(1).max()) if scores.numel() else 0
        width = counts if rule.most is None else min(counts, rule.most)
        sorted_scores, order = scores.sort(dim=1, descending=True, stable=True)
        best, order = sorted_scores[:, :width], order[:, :width]
        by_class = boxes.transpose(0, 1)
        by_class = (
            by_class.expand(len(order), -1, -1) if said.share_location else by_class[self.labels]
        )
        chosen = by_class.gather(1, order[..., None].expand(-1, -1, 4))
        kept = suppress(chosen, best > low, rule.nms_threshold, rule.eta)
        label, place = kept.nonzero(as_tuple=True)
        if 0 <= said.keep_top_k < len(label):
            ranked = best[label, place].argsort(descending=True, stable=True)
            stay = ranked[: said.keep_top_k].sort().values
            label, place = label[stay], place[stay]
        head = [torch.full_like(label, image), self.labels[label]]
        columns = [*(c.to(boxes.dtype) for c in head), best[label, place]]
        return torch.cat([torch.stack(columns, 1), chosen[label, place]], 1)

    def extra_repr(self) -> str:
        rule = self.layer.nms_param
        return f"{self.layer.num_classes} classes, nms_threshold={rule.nms_threshold:g}"


class Judged(nn.Module):
    """How many true boxes each class has, then for each detection whether it is right."""

    def __init__(self, layer: DetectionEvaluate) -> None:
        super().__init__()
        self.layer = layer

    @torch.no_grad()
    def forward(self, detections: Tensor, truth: Tensor) -> Tensor:
        said = self.layer
        found = detections.reshape(-1, DETECTION).cpu()
        real = truth.reshape(-1, truth.shape[-1]).cpu()
        ends = (real[:, 0] == -1).nonzero()
        real = real[: int(ends[0])] if len(ends) else real
        counted = real if said.evaluate_difficult_gt else real[real[:, 7] == 0]
        totals = [float((counted[:, 1] == label).sum()) for label in said.labels]
        rows = [[-1.0, float(c), n, -1.0, -1.0] for c, n in zip(said.labels, totals)]
        found = found[(found[:, 0] != -1) & (found[:, 1] != -1)]
        for image, label in found[:, :2].unique(dim=0).tolist():
            mine = found[(found[:, 0] == image) & (found[:, 1] == label)]
            boxes = real[(real[:, 0] == image) & (real[:, 1] == label)]
            rows += self._judge(mine, boxes)
        return detections.new_tensor(rows)[None, None]

    def _judge(self, found: Tensor, real: Tensor) -> list[list[float]]:
        """Rows for the detections of one label in one image."""
        said = self.layer
        if len(real):
            found = found[found[:, 2].argsort(descending=True, stable=True)]
        rows, taken = [], set()
        for row in found:
            head = row[:3].tolist()
            shared = overlap(row[3:], real[:, 3:7])
            best = int(shared.argmax()) if len(real) else -1
            if best < 0 or shared[best] < said.overlap_threshold:
                rows.append([*head, 0.0, 1.0])
            elif not said.evaluate_difficult_gt and real[best, 7]:
                rows.append([*head, 0.0, 0.0])
            else:
                rows.append([*head, 0.0, 1.0] if best in taken else [*head, 1.0, 0.0])
                taken.add(best)
        return rows


@lower.register
def detection_output(layer: DetectionOutput, node: Node) -> nn.Module:
    return Detections(layer)


@lower.register
def detection_evaluate(layer: DetectionEvaluate, node: Node) -> nn.Module:
    return Judged(layer)
