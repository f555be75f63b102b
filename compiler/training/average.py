"""An exponential moving average of the weights, which often tests better than the weights do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from compiler.network import Network, blobs
from compiler.training.learnable import Learnable
from compiler.weights.faults import refusing
from compiler.weights.formats import read_layers
from netspec.diagnostics import Diagnostic, SpecError


class Average:
    """The average of every learned parameter; statistics of a BatchNorm are averages already.

    The n-th update keeps min(decay, n / (9 + n)) of it, so that the first weights, which know
    nothing, are soon forgotten.
    """

    def __init__(self, net: Network, parameters: list[Learnable], decay: float) -> None:
        self.net, self.decay = net, decay
        learned = [p for p in parameters if p.lr_mult]
        self.places = [(p.layer, p.index) for p in learned]
        self.weights = [p.values for p in learned]
        self.values = [p.values.detach().clone() for p in learned]

    @torch.no_grad()
    def update(self, updates: int) -> None:
        """Take in the weights after so many updates."""
        keep = min(self.decay, updates / (9 + updates))
        torch._foreach_lerp_(self.values, self.weights, 1 - keep)

    @torch.no_grad()
    def restart(self) -> None:
        """Begin with the weights as they are."""
        torch._foreach_copy_(self.values, self.weights)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """While the block runs, the nets compute with the averages."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def blobs(self) -> dict[str, list[Tensor]]:
        """Caffe's parameter blobs by layer, averages in the place of weights."""
        averaged = dict(zip(self.places, self.values))
        owners = self.net.spec.owners
        return {
            name: [
                averaged.get(owners.get((name, i), (name, i)), blob).view_as(blob)
                for i, blob in enumerate(found)
            ]
            for name, found in blobs(self.net).items()
        }

    def read(self, path: Path) -> list[Tensor]:
        """The averages in a weights file. Raises SpecError: C211 where one is missing."""
        with refusing(path):
            found = {
                (layer.name, i): blob
                for layer in read_layers(path, self.net.spec)
                for i, blob in layer.blobs.items()
            }
        for (layer, i), mine in zip(self.places, self.values):
            if (layer, i) not in found or not found[layer, i].fits(tuple(mine.shape)):
                message = f"{path} has no average for blob {i} of {layer}"
                help = "give the snapshot that this net was trained to"
                raise SpecError(Diagnostic("C211", message, None, help))
        with refusing(path):
            return [found[p].read().reshape(v.shape) for p, v in zip(self.places, self.values)]

    @torch.no_grad()
    def restore(self, values: list[Tensor]) -> None:
        """Go on from what `read` found."""
        for mine, theirs in zip(self.values, values):
            mine.copy_(theirs)

    @torch.no_grad()
    def _exchange(self) -> None:
        before = [w.detach().clone() for w in self.weights]
        torch._foreach_copy_(self.weights, self.values)
        torch._foreach_copy_(self.values, before)
