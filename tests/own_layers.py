"""Layer types that netspec does not know, declared and lowered: what `--import` reads."""

from __future__ import annotations

from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers import declare
from netspec.schema.kinds import Float
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import param


@declare
class Leak(Layer):
    """Multiply by what is kept."""

    message, family = "leak_param", Family.ARITHMETIC
    in_place = elementwise = True

    kept: float = param(Float(), "the part that is kept", default=0.5)

    def infer(self, blob: Shape) -> Shape:
        return blob


class Leaking(nn.Module):
    def __init__(self, kept: float) -> None:
        super().__init__()
        self.kept = kept

    def forward(self, blob: Tensor) -> Tensor:
        return self.kept * blob


@lower.register
def leak(layer: Leak, node: Node) -> nn.Module:
    return Leaking(layer.kept)
