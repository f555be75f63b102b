"""Sums from an axis on, and the places of the largest values."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.reduction import ArgMax, Reduction, ReductionOp


class Reduced(nn.Module):
    """Everything from an axis on as one number."""

    def __init__(self, layer: Reduction) -> None:
        super().__init__()
        self.operation, self.axis, self.coeff = layer.operation, layer.axis, layer.coeff

    def forward(self, blob: Tensor) -> Tensor:
        flat = blob.flatten(self.axis)
        match self.operation:
            case ReductionOp.ASUM:
                result = flat.abs().sum(-1)
            case ReductionOp.SUMSQ:
                result = flat.square().sum(-1)
            case ReductionOp.MEAN:
                result = flat.mean(-1)
            case _:
                result = flat.sum(-1)
        return result if self.coeff == 1 else result * self.coeff

    def extra_repr(self) -> str:
        return f"{self.operation.name}, axis={self.axis}, coeff={self.coeff}"


class Largest(nn.Module):
    """The places of the top_k largest values, and the values; of equal ones the later is first."""

    def __init__(self, layer: ArgMax) -> None:
        super().__init__()
        self.layer = layer

    @torch.no_grad()
    def forward(self, scores: Tensor) -> Tensor:
        said = self.layer
        rows = (
            scores.reshape(scores.shape[0], -1)
            if said.axis is None
            else scores.movedim(said.axis, -1)
        )
        values, order = rows.flip(-1).sort(dim=-1, descending=True, stable=True)
        values = values[..., : said.top_k]
        places = (rows.shape[-1] - 1 - order[..., : said.top_k]).to(scores.dtype)
        if said.axis is not None:
            return (values if said.out_max_val else places).movedim(-1, said.axis)
        tops = [places, values] if said.out_max_val else [places]
        return torch.stack(tops, 1).reshape(said.infer(tuple(scores.shape)))


@lower.register
def reduction(layer: Reduction, node: Node) -> nn.Module:
    return Reduced(layer)


@lower.register
def argmax(layer: ArgMax, node: Node) -> nn.Module:
    return Largest(layer)
