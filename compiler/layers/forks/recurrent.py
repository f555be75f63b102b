"""Lstm, step by step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.forks.recurrent import Lstm


class Streams(Weighted):
    """Rows are steps x streams; the state is kept from batch to batch where a mark says go on."""

    weight_x: Tensor
    weight_h: Tensor
    bias: Tensor
    hidden: Tensor
    cell: Tensor

    def __init__(self, layer: Lstm, node: Node) -> None:
        super().__init__(node)
        self.streams, self.limit = layer.batch_size, layer.clipping_threshold
        for state in ("hidden", "cell"):
            zeros = torch.zeros(layer.batch_size, layer.num_output)
            self.register_buffer(state, zeros, persistent=False)

    def forward(self, rows: Tensor, cont: Tensor | None = None) -> Tensor:
        steps = nn.functional.linear(rows.flatten(1), self.weight_x, self.bias)
        steps = steps.view(-1, self.streams, steps.shape[1])
        marks = None if cont is None else cont.reshape(-1, 1) != 0
        hidden, cell = self.hidden, self.cell
        tops = []
        for t, step in enumerate(steps):
            goes_on = step.new_full((self.streams, 1), t > 0)
            if marks is not None:
                goes_on = marks[t : t + self.streams].to(step.dtype)
            gates = step + self._from_before(hidden, goes_on, self.streams if t else 1)
            if self.limit > 0 and gates.requires_grad:
                gates.register_hook(lambda g: g.clamp(-self.limit, self.limit))
            enter, keep, out, update = gates.chunk(4, 1)
            cell = keep.sigmoid() * goes_on * cell + enter.sigmoid() * update.tanh()
            hidden = out.sigmoid() * cell.tanh()
            tops.append(hidden)
        if marks is not None:
            self.hidden, self.cell = hidden.detach(), cell.detach()
        return torch.cat(tops)

    def _from_before(self, hidden: Tensor, goes_on: Tensor, learned: int) -> Tensor:
        """What the last step adds to the gates of the streams that go on.

        The weight learns as in the fork: from the first `learned` streams, from all of these.
        """
        if not torch.is_grad_enabled():
            return goes_on * (hidden @ self.weight_h.t())
        taught = nn.functional.linear(hidden[:learned].detach(), self.weight_h)
        taught = nn.functional.pad(taught - taught.detach(), (0, 0, 0, len(hidden) - learned))
        return goes_on * (hidden @ self.weight_h.detach().t()) + taught


@lower.register
def lstm(layer: Lstm, node: Node) -> nn.Module:
    return Streams(layer, node)
