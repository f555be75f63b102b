"""A net run one layer at a time, forward and then backward, as Caffe's own engine runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Gradients = list[Tensor | None]


class Call:
    """A layer's forward pass, and what its backward pass needs of it.

    `bottoms` are taken as they are, without their history; `learned` are the parameters that want
    a gradient, `needed` tells which bottoms do. Where none does, nothing is kept.
    """

    def __init__(
        self,
        module: nn.Module,
        bottoms: Iterable[Tensor],
        needed: Sequence[bool] = (),
        learned: Sequence[Tensor] = (),
    ) -> None:
        self.bottoms = [b.detach() for b in bottoms]
        for bottom, wanted in zip(self.bottoms, needed):
            bottom.requires_grad_(wanted)
        self.learned = learned
        kept = any(needed) or bool(learned)
        with torch.enable_grad() if kept else torch.no_grad():
            made = module(*self.bottoms)
        self.tops: tuple[Tensor, ...] = made if isinstance(made, tuple) else (made,)

    def backward(self, diffs: Sequence[Tensor]) -> tuple[Gradients, Gradients]:
        """The gradients of the bottoms and of the learned parameters, from those of the tops.

        None stands for what wants no gradient, or gets none: a label, for example.
        """
        sources = [(top, diff) for top, diff in zip(self.tops, diffs) if top.requires_grad]
        below = [*self.bottoms, *self.learned]
        wanted = [t for t in below if t.requires_grad]
        made: Gradients = [None] * len(below)
        if sources and wanted:
            tops, given = zip(*sources)
            found = torch.autograd.grad(tops, wanted, given, retain_graph=True, allow_unused=True)
            gradients = iter(found)
            made = [next(gradients) if t.requires_grad else None for t in below]
        return made[: len(self.bottoms)], made[len(self.bottoms) :]


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """What a module remembers from batch to batch is afterwards as it was."""
    kept = [(buffer, buffer.clone()) for buffer in module.buffers()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, values in kept:
                buffer.copy_(values)
