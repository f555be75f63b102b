"""Python layers: the user's forward and backward, as an autograd function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch._compile import _disable_dynamo

from compiler.lower import lower
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node
from netspec.layers.python import Python
from netspec.pycaffe.instance import Failed, Instance


class PythonLayer(nn.Module):
    """Runs a user's layer: bottoms are copied to numpy arrays, tops and gradients copied back.

    Its parameters are the layer's blobs, as setup filled them. Raises SpecError (C320) for what the
    user's code raises.
    """

    def __init__(self, layer: Python, node: Node) -> None:
        super().__init__()
        self.span, self.turn = node.span, 0
        blobs = [b.blob for b in node.bottoms]
        shared = [blobs.index(top) if top in blobs else None for top in node.tops]
        shapes = [b.shape for b in node.bottoms]
        try:
            self.layer: Instance = layer.instance(
                node.phase.name == "TRAIN", shapes, len(node.tops), shared
            )
        except Failed as failed:
            raise self._refusal(failed) from None
        for weight, blob in zip(node.weights, self.layer.user.blobs):
            made = nn.Parameter(torch.from_numpy(blob.data.copy()))
            self.register_parameter(weight.role, made)
        self.place: Tensor  # empty: it tells the device that the net is on
        self.register_buffer("place", torch.empty(0), persistent=False)

    @_disable_dynamo  # torch.compiler.disable, but dynamo is imported when it runs: that takes long
    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        if not self.layer.top:
            self.compute([_array(b) for b in bottoms], list(self.parameters()))
            return ()
        tops: tuple[Tensor, ...] = _Run.apply(self, len(bottoms), *bottoms, *self.parameters())
        return tops if len(tops) > 1 else tops[0]

    def compute(self, bottoms: Sequence[np.ndarray[Any, Any]], blobs: Sequence[Tensor]) -> None:
        """Reshape and forward; on the CPU the layer sees its parameters themselves."""
        self.turn += 1
        for mine, data in zip(self.layer.bottom, bottoms):
            mine.data, mine.diff = data.copy(), np.zeros_like(data)
        for blob, parameter in zip(self.layer.user.blobs, blobs):
            blob.data = parameter.detach().cpu().numpy()
        try:
            self.layer.reshape()
            self.layer.forward()
        except Failed as failed:
            raise self._refusal(failed) from None
        for blob, parameter in zip(self.layer.user.blobs, blobs):
            if parameter.is_cuda:
                parameter.data.copy_(torch.from_numpy(blob.data))

    def propagate(self, tops: Sequence[Tensor], needed: list[bool]) -> None:
        """Backward, from the tops' gradients to those of bottoms and blobs, which start at 0."""
        for blob in (*self.layer.bottom, *self.layer.user.blobs):
            blob.diff = np.zeros_like(blob.data)
        for top, diff in zip(self.layer.top, tops):
            top.diff = _array(diff).astype(top.data.dtype).copy()
        try:
            self.layer.backward(needed)
        except Failed as failed:
            raise self._refusal(failed) from None

    def _refusal(self, failed: Failed) -> SpecError:
        return SpecError(Diagnostic("C320", failed.message, self.span, failed.help))

    def extra_repr(self) -> str:
        return self.layer.name


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, module: PythonLayer, bottoms: int, *given: Tensor) -> tuple[Tensor, ...]:
        ctx.module, ctx.count = module, bottoms
        ctx.bottoms = [_array(b) for b in given[:bottoms]]
        ctx.save_for_backward(*given)
        module.compute(ctx.bottoms, given[bottoms:])
        ctx.turn = module.turn
        dtype = given[0].dtype if given else torch.float32
        tops = (torch.from_numpy(top.data.copy()) for top in module.layer.top)
        return tuple(top.to(module.place.device, dtype) for top in tops)

    @staticmethod
    def backward(ctx: Any, *tops: Tensor) -> tuple[Tensor | None, ...]:
        module, given = ctx.module, ctx.saved_tensors
        if module.turn != ctx.turn:  # another batch has passed: what the layer keeps is of that one
            module.compute(ctx.bottoms, given[ctx.count :])
        needed = list(ctx.needs_input_grad[2:])
        module.propagate(tops, needed[: ctx.count])
        diffs = [b.diff for b in (*module.layer.bottom, *module.layer.user.blobs)]
        back = (torch.from_numpy(diff.copy()).to(of) for diff, of in zip(diffs, given))
        return None, None, *(d if n else None for d, n in zip(back, needed))


def _array(tensor: Tensor) -> np.ndarray[Any, Any]:
    return tensor.detach().cpu().contiguous().numpy()


@lower.register
def python(layer: Python, node: Node) -> nn.Module:
    return PythonLayer(layer, node)
