"""Scale and Bias over any axes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.scaling import Bias, Scale


class PerAxes(Weighted):
    """Scale and Bias: factor and term cover the axes from `axis` on and repeat over the others."""

    weight: Tensor
    bias: Tensor

    def __init__(self, layer: Scale | Bias, node: Node) -> None:
        super().__init__(node)
        shapes = [b.shape for b in node.bottoms]
        self.axis, self.shape = layer.covered(shapes[0], shapes[1] if len(shapes) > 1 else None)
        self.roles = [w.role for w in node.weights]
        self.multiplies = isinstance(layer, Scale)

    def forward(self, blob: Tensor, other: Tensor | None = None) -> Tensor:
        factor = other if self.multiplies else None
        term = None if self.multiplies else other
        if "weight" in self.roles:
            factor = self.weight
        if "bias" in self.roles:
            term = self.bias
        if factor is not None and term is not None:
            return torch.addcmul(self._over(term, blob), blob, self._over(factor, blob))
        if factor is not None:
            return blob * self._over(factor, blob)
        assert term is not None
        return blob + self._over(term, blob)

    def _over(self, values: Tensor, blob: Tensor) -> Tensor:
        after = blob.dim() - self.axis - values.dim()
        return values.reshape((*(1,) * self.axis, *values.shape, *(1,) * after))

    def extra_repr(self) -> str:
        learned = " and ".join(self.roles) or "from the second bottom"
        return f"{self.shape}, axis={self.axis}, {learned}"


@lower.register
def scale(layer: Scale, node: Node) -> nn.Module:
    return PerAxes(layer, node)


@lower.register
def bias(layer: Bias, node: Node) -> nn.Module:
    return PerAxes(layer, node)
