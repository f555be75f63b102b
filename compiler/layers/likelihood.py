"""Losses over probabilities, which count as 1e-20 at least; their gradient does not stop there."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.bounds import at_least
from compiler.labels import class_numbers
from compiler.layers.loss import Normalized
from compiler.lower import lower
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node
from netspec.layers.likelihood import InfogainLoss, MultinomialLogisticLoss
from netspec.records.blob import read_blob
from netspec.records.wire import WireError
from netspec.source import Span

LEAST = 1e-20  # kLOG_THRESHOLD (loss_layer.hpp)


class TrueClass(nn.Module):
    """-log of the true class's probability, averaged over the batch."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, probabilities: Tensor, label: Tensor) -> Tensor:
        rows = probabilities.reshape(len(probabilities), -1)
        target, _ = class_numbers(label, rows.shape[1], None, self.name)
        found = rows.gather(1, target.reshape(-1, 1))
        return -at_least(found, LEAST).log().sum() / len(rows)


class Informed(Normalized):
    """The sum of -H log(probability), with the true class's row of H."""

    matrix: Tensor | None

    def __init__(self, layer: InfogainLoss, node: Node) -> None:
        super().__init__(layer.rule, layer.mode)
        self.axis, self.name, self.both = layer.axis, node.name, len(node.tops) > 1
        classes = node.bottoms[0].shape[layer.axis]
        stored = _stored(layer, node, classes) if len(node.bottoms) < 3 else None
        self.register_buffer("matrix", stored, persistent=False)

    def forward(
        self, scores: Tensor, label: Tensor, matrix: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        axis = self.axis % scores.dim()
        classes = scores.shape[axis]
        logs = F.log_softmax(scores, axis).movedim(axis, -1).reshape(-1, classes)
        logs = at_least(logs, math.log(LEAST))
        target, counted = class_numbers(label, classes, self.ignored, self.name)
        given = self.matrix if matrix is None else matrix.detach()
        assert given is not None
        if given.numel() != classes**2:  # the file's, where the net is fed other shapes
            raise _other_size(f"layer {self.name}: the matrix", given.numel(), classes)
        losses = -(given.reshape(classes, classes)[target.reshape(-1)] * logs).sum(1)
        outer = math.prod(scores.shape[:axis])
        loss = self.divided(losses, None if counted is None else counted.reshape(-1), outer)
        return (loss, scores.detach().softmax(axis)) if self.both else loss


def _stored(layer: InfogainLoss, node: Node, classes: int) -> Tensor:
    """The matrix of the .binaryproto; raises SpecError (C301, C309)."""
    where = f"layer {node.name}: the matrix {layer.matrix}"
    try:
        values = read_blob(Path(layer.matrix).read_bytes()).values
    except OSError as wrong:
        message = f"{where} cannot be read ({wrong.strerror})"
        help = "paths are relative to the working directory"
        raise SpecError(Diagnostic("C301", message, node.span, help)) from None
    except WireError as wrong:
        message = f"{where} is no BlobProto ({wrong})"
        raise SpecError(Diagnostic("C309", message, node.span, "write it as a BlobProto")) from None
    if values.size != classes**2:
        raise _other_size(where, values.size, classes, node.span)
    return torch.from_numpy(values.astype("float32")).reshape(classes, classes)


def _other_size(where: str, size: int, classes: int, place: Span | None = None) -> SpecError:
    message = f"{where} has {size} elements, but there are {classes} classes"
    help = f"the matrix has {classes} x {classes} elements"
    return SpecError(Diagnostic("C309", message, place, help))


@lower.register
def multinomial_logistic_loss(layer: MultinomialLogisticLoss, node: Node) -> nn.Module:
    return TrueClass(node.name)


@lower.register
def infogain_loss(layer: InfogainLoss, node: Node) -> nn.Module:
    return Informed(layer, node)
