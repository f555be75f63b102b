"""caffe.Net: a net that lies open, and runs forward and backward from any layer to any other."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import compiler
from compiler.network import Network
from compiler.pycaffe import batches
from compiler.pycaffe.laid_open import LaidOpen
from compiler.pycaffe.memory import Array
from compiler.pycaffe.mode import MODE, in_force
from compiler.pycaffe.open import open_net
from compiler.reshape import reshaped
from compiler.weights.save import save_blobs

Arrays = dict[str, Array]
Names = Sequence[str]


class Net(LaidOpen):
    """A net of a file in a phase, as `Net(network_file, phase, level=0, stages=None, weights=None)`
    or, in the old way, `Net(network_file, weights, phase)`. Raises SpecError.
    """

    _watching: dict[str, list[Callable[[int], object]]]

    def __init__(
        self,
        network_file: str | os.PathLike[str],
        *args: Any,
        phase: int | None = None,
        level: int = 0,
        stages: Sequence[str] | None = None,
        weights: str | os.PathLike[str] | None = None,
    ) -> None:
        graph, weights = open_net(network_file, args, phase, level, stages, weights)
        with in_force():
            super().__init__(compiler.compile(graph, keep="all"))
        self._watching = {}
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def over(cls, network: Network) -> Net:
        """The face of a compiled net, whose parameters it shares."""
        made = cls.__new__(cls)
        LaidOpen.__init__(made, network)
        made._watching = {}
        return made

    def forward(
        self,
        blobs: Names | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Array,
    ) -> Arrays:
        """Run the layers from `start` to `end`, both included; returns the outputs, or the tops of
        `end`, and `blobs` beside them. `kwargs` are arrays for all inputs.
        """
        if kwargs:
            self._feed(kwargs, self.inputs, "inputs", "data")
        first = self._layer_names.index(start) if start is not None else 0
        last = self._layer_names.index(end) if end is not None else len(self.layers) - 1
        self._forward(first, last)
        wanted = self.outputs if end is None else self.top_names[end]
        return {name: self.blobs[name].data for name in (*wanted, *(blobs or ()))}

    def backward(
        self,
        diffs: Names | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Array,
    ) -> Arrays:
        """Run the layers back from `start` to `end`, both included; returns the diffs of the
        inputs, or of the bottoms of `end`, and `diffs` beside them. `kwargs` are diffs for all
        outputs; without them a loss has its weight for a diff.
        """
        if kwargs:
            self._feed(kwargs, self.outputs, "outputs", "diff")
        first = self._layer_names.index(start) if start is not None else len(self.layers) - 1
        last = self._layer_names.index(end) if end is not None else 0
        self._backward(first, last)
        wanted = self.inputs if end is None else self.bottom_names[end]
        return {name: self.blobs[name].diff for name in (*wanted, *(diffs or ()))}

    def forward_all(self, blobs: Names | None = None, **kwargs: Array) -> Arrays:
        """`forward` for any number of items: the outputs, and `blobs` beside them."""
        return batches.forward_all(self, blobs, kwargs)

    def forward_backward_all(
        self, blobs: Names | None = None, diffs: Names | None = None, **kwargs: Array
    ) -> tuple[Arrays, Arrays]:
        """`forward` and `backward` for any number of items; `kwargs` are arrays for the inputs, the
        outputs' diffs, or both. Returns what both return.
        """
        return batches.forward_backward_all(self, blobs, diffs, kwargs)

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """What the MemoryData layer, the first of the net, hands out batch by batch.

        Both are float32 and contiguous, a whole number of batches: data of four axes as the layer
        says, a label for each. Raises RuntimeError.
        """
        batches.set_input_arrays(self, data, labels)

    def _feed(self, given: Mapping[str, Array], names: list[str], what: str, part: str) -> None:
        if set(given) != set(names):
            found, wanted = (", ".join(sorted(n)) or "none" for n in (given, names))
            raise ValueError(f"the net's {what} are {wanted}, and arrays are given for {found}")
        for name, values in given.items():
            blob = self.blobs[name]
            if len(values) != blob.shape[0]:
                raise ValueError(
                    f"{name} has a batch of {blob.shape[0]}, and {len(values)} are given"
                )
            getattr(blob, part)[...] = values

    def _forward(self, start: int, end: int) -> float:
        """Run layers by number; returns the loss."""
        self._settle()
        with in_force():
            for i in range(start, end + 1):
                self._tell("before_forward", i)
                self.layers[i].forward()
                self._tell("after_forward", i)
        return self._loss(start, end)

    def _backward(self, start: int, end: int) -> None:
        self._settle()
        with in_force():
            for i in range(start, end - 1, -1):
                self._tell("before_backward", i)
                if self._wiring.steps[i].backward:
                    self.layers[i].backward()
                self._tell("after_backward", i)

    def _loss(self, start: int, end: int) -> float:
        tops = {i for step in self._wiring.steps[start : end + 1] for i in step.tops}
        counted = [i for i in sorted(tops) if self._blob_loss_weights[i]]
        return sum(
            float(np.sum(self._blobs[i].data, dtype=np.float64)) * self._blob_loss_weights[i]
            for i in counted
        )

    def _settle(self) -> None:
        """Go where set_mode_cpu or set_mode_gpu said last."""
        if self._device != MODE.device:
            self._device = MODE.device
            for memory in dict.fromkeys(m for b in self._blobs for m in (b.values, b.gradient)):
                memory.move(memory.tensor((memory.size,)).to(self._device))
            for layer in self.layers:
                layer.move(self._device)
            self._parameters.follow()

    def _tell(self, moment: str, layer: int) -> None:
        for run in self._watching.get(moment, ()):
            run(layer)

    def before_forward(self, run: Callable[[int], object]) -> None:
        """Call `run(number)` before each layer's forward; the others do so likewise."""
        self._watching.setdefault("before_forward", []).append(run)

    def after_forward(self, run: Callable[[int], object]) -> None:
        self._watching.setdefault("after_forward", []).append(run)

    def before_backward(self, run: Callable[[int], object]) -> None:
        self._watching.setdefault("before_backward", []).append(run)

    def after_backward(self, run: Callable[[int], object]) -> None:
        self._watching.setdefault("after_backward", []).append(run)

    def reshape(self) -> None:
        """Give all blobs the shapes that follow from those of the inputs. Raises SpecError N411."""
        graph = self._network.spec
        given = tuple((name, self.blobs[name].shape) for name in graph.inputs)
        with in_force():
            shapes = reshaped(graph, given)
        for number, value in self._wiring.values.items():
            self._blobs[number].reshape(*shapes[value])

    def clear_param_diffs(self) -> None:
        for memory in self._parameters.gradients():
            memory.written((memory.size,)).zero_()

    def copy_from(self, weights: str | os.PathLike[str]) -> None:
        """Take the weights of a file, by layer name; several files have commas between."""
        self._parameters.settle()
        with in_force():
            compiler.load_weights(self._network, weights)
        self._parameters.follow()

    def share_with(self, other: Net) -> None:
        """Have the parameters of another net for one's own, by layer name."""
        self._parameters.share(other._parameters)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .caffemodel."""
        self._parameters.settle()
        with in_force():
            values = compiler.blobs(self._network)
            save_blobs(Path(path), self._network.spec, values, ending=".caffemodel")

    def save_hdf5(self, path: str | os.PathLike[str]) -> None:
        self._parameters.settle()
        with in_force():
            values = compiler.blobs(self._network)
            save_blobs(Path(path), self._network.spec, values, ending=".h5")

    def load_hdf5(self, path: str | os.PathLike[str]) -> None:
        self.copy_from(path)
