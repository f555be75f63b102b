"""A layer of a net as scripts see it, `type` and `blobs`, and how it runs over the net's blobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from compiler.data.source import Source as DataModule
from compiler.pycaffe.blob import Blob
from compiler.pycaffe.wiring import Step
from compiler.stepwise import Call, undisturbed


class Layer:
    """`blobs` are its parameters. What is asked of a Python layer beside that, its own object has.

    Forward fills the data of the tops, backward the diffs of the bottoms that need one, and adds
    to those of the parameters, as Caffe's layers do.
    """

    def __init__(
        self, step: Step, bottoms: Sequence[Blob], tops: Sequence[Blob], blobs: list[Blob]
    ) -> None:
        self.type, self.blobs = step.type, blobs
        self._step, self._bottoms, self._tops = step, bottoms, tops

    def forward(self) -> None:
        """Nothing: what the net is fed is in its blobs."""

    def backward(self) -> None:
        """Nothing goes back to what the net is fed."""

    def move(self, device: torch.device) -> None:
        """Run on another device from here on."""

    def __repr__(self) -> str:
        return f"Layer({self.type} {self._step.name!r})"


class Computing(Layer):
    """A layer with a module. `parameters` are the blobs' tensors, in Caffe's order."""

    def __init__(
        self,
        step: Step,
        bottoms: Sequence[Blob],
        tops: Sequence[Blob],
        blobs: list[Blob],
        module: nn.Module,
        parameters: Sequence[Tensor],
    ) -> None:
        super().__init__(step, bottoms, tops, blobs)
        self.module = module
        learned = [
            i
            for i, (p, learns) in enumerate(zip(parameters, step.learns))
            if learns and isinstance(p, nn.Parameter)
        ]
        self._learned = [(blobs[i], parameters[i].requires_grad_()) for i in learned]
        self._call: Call | None = None

    def forward(self) -> None:
        self._call = self._run()
        for top, made in zip(self._tops, self._call.tops):
            top.take(made)

    def backward(self) -> None:
        """From the last forward pass, or from what the blobs hold where there was none."""
        if self._call is None or self._stale(self._call):
            with undisturbed(self.module):
                self._call = self._run()
        diffs = [top.gradient.tensor(top.shape) for top in self._tops]
        down, own = self._call.backward(diffs)
        for bottom, gradient in zip(self._bottoms, down):
            if gradient is not None:
                bottom.take_diff(gradient)
        for (blob, _), gradient in zip(self._learned, own):
            if gradient is not None:
                blob.gradient.written(blob.shape).add_(gradient.view(blob.shape))

    def move(self, device: torch.device) -> None:
        self.module.to(device)
        self._call = None

    def _run(self) -> Call:
        """Bottoms are read where they lie; what is overwritten in place is copied before."""
        for blob in self.blobs:
            blob.values.tensor(blob.shape)  # what was written into its array
        bottoms = [b.values.tensor(b.shape) for b in self._bottoms]
        if self._step.in_place:
            bottoms = [b.clone() for b in bottoms]
        if not self._step.backward:
            return Call(self.module, bottoms)
        return Call(self.module, bottoms, self._step.needs, [p for _, p in self._learned])

    def _stale(self, call: Call) -> bool:
        """Whether blobs were reshaped since."""
        shapes = [tuple(t.shape) for t in (*call.bottoms, *call.tops)]
        return shapes != [b.shape for b in (*self._bottoms, *self._tops)]

    def __getattr__(self, name: str) -> Any:
        user = getattr(getattr(self.__dict__.get("module"), "layer", None), "user", None)
        if user is None:
            raise AttributeError(f"a {self.type} layer has no {name}")
        return getattr(user, name)


class Source(Computing):
    """A data layer. Tops that are the same in every batch are filled once, when the net is made:
    what a script writes into them stays.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        node = self._step.node
        self._steady = node.layer.steady(len(node.tops)) if node is not None else ()
        if any(self._steady) and isinstance(self.module, DataModule):
            before = self.module.state
            self._fill(True)
            self.module.restore(before)  # a script's first batch is the first

    def forward(self) -> None:
        if not all(self._steady):
            self._fill(False)

    def _fill(self, steady: bool) -> None:
        for top, made, kept in zip(self._tops, self._run().tops, self._steady):
            if kept is steady:
                top.take(made)

    def backward(self) -> None:
        """Data has no gradient."""


class Split(Layer):
    """A blob for several readers: they see the same data, and their diffs add up."""

    def forward(self) -> None:
        for top in self._tops:
            top.reshape(*self._bottoms[0].shape)

    def backward(self) -> None:
        diffs = [top.gradient.tensor(top.shape) for top in self._tops]
        self._bottoms[0].take_diff(torch.stack(diffs).sum(0))


class Batches(Layer):
    """A MemoryData: batch after batch of arrays that it was given, from the start again at the end.
    Before that, what the script wrote into its tops.
    """

    data: Tensor | None = None
    labels: Tensor | None = None
    position = 0

    def forward(self) -> None:
        if self.data is None or self.labels is None:
            return
        size = self._tops[0].shape[0]
        for top, all_of_it in zip(self._tops, (self.data, self.labels)):
            top.take(all_of_it[self.position : self.position + size])  # labels get four axes, too
        self.position = (self.position + size) % len(self.data)
