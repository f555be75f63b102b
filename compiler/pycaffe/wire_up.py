"""The blobs, parameters and layers of a net, made from its wiring and its modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from compiler.network import Network
from compiler.pycaffe.blob import Blob
from compiler.pycaffe.layer import Batches, Computing, Layer, Source, Split
from compiler.pycaffe.memory import Memory
from compiler.pycaffe.wiring import Step, Wiring
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node


def blobs_of(wiring: Wiring, device: torch.device) -> list[Blob]:
    """A blob for each number, zeros; losses have their weight for a diff (Layer::SetLossWeights).

    What a Split makes has the data of what it splits.
    """
    blobs = [Blob.zeros(shape, device) for shape in wiring.shapes]
    for step in wiring.steps:
        for top in step.tops if step.node is None else ():
            blobs[top].values = blobs[step.bottoms[0]].values
    for blob, weight in zip(blobs, wiring.loss_weights):
        if weight:
            blob.gradient.written(blob.shape).fill_(weight)
    return blobs


class Parameters:
    """The parameter blobs of a net's layers; of those that are shared, the memory is one."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._blobs: dict[tuple[str, int], Blob] = {}
        for node in network.spec.nodes:
            for i, weight in enumerate(node.weights):
                owner = network.spec.owners.get((node.name, i))
                if owner is None:
                    values = Memory(self.tensor(node, i))
                    self._blobs[node.name, i] = Blob(weight.shape, values, _zeros_like(values))
                else:
                    theirs = self._blobs[owner]
                    self._blobs[node.name, i] = Blob(weight.shape, theirs.values, theirs.gradient)

    def of(self, node: Node) -> list[Blob]:
        return [self._blobs[node.name, i] for i in range(len(node.weights))]

    def tensor(self, node: Node, index: int) -> Tensor:
        """The tensor behind a blob: its owner's, where it is shared."""
        layer, i = self.network.spec.owners.get((node.name, index), (node.name, index))
        return self.network.parameter(layer, i)

    def gradients(self) -> Iterator[Memory]:
        return iter(dict.fromkeys(blob.gradient for blob in self._blobs.values()))

    def settle(self) -> None:
        """Bring what was written into arrays to the tensors."""
        for blob in self._blobs.values():
            blob.values.tensor(blob.shape)

    def follow(self) -> None:
        """See the tensors as they are now: elsewhere, or with other values."""
        for (layer, i), blob in self._blobs.items():
            if (layer, i) not in self.network.spec.owners:
                tensor = self.network.parameter(layer, i)
                blob.values.move(tensor)
                if blob.gradient.tensor((0,)).device != tensor.device:
                    blob.gradient.move(blob.gradient.tensor((blob.gradient.size,)).to(tensor))

    def share(self, other: Parameters) -> None:
        """Take the other's values for one's own, by layer name (Net::ShareTrainedLayersWith).

        Raises SpecError C215 where shapes differ.
        """
        both = [place for place in self._blobs if place in other._blobs]
        for place in both:
            mine, theirs = self._blobs[place].shape, other._blobs[place].shape
            if mine != theirs:
                message = f"{place[0]} has parameters of {mine} here, and of {theirs} there"
                help = "layers of one name share their weights: give them the same settings"
                raise SpecError(Diagnostic("C215", message, None, help))
        for place in both:
            if place not in self.network.spec.owners:
                self.network.parameter(*place).data = other.network.parameter(*place).data
            self._blobs[place].values = other._blobs[place].values


def layers_of(
    wiring: Wiring,
    blobs: Sequence[Blob],
    parameters: Parameters,
    modules: Mapping[Node, nn.Module | None],
) -> list[Layer]:
    """The layers in running order."""
    return [_layer(step, blobs, parameters, modules) for step in wiring.steps]


def _layer(
    step: Step,
    blobs: Sequence[Blob],
    parameters: Parameters,
    modules: Mapping[Node, nn.Module | None],
) -> Layer:
    bottoms, tops = [blobs[i] for i in step.bottoms], [blobs[i] for i in step.tops]
    node = step.node
    if node is None:
        return Split(step, bottoms, tops, [])
    own, module = parameters.of(node), modules[node]
    if module is None:
        fed = Batches if node.layer.by_array else Layer
        return fed(step, bottoms, tops, own)
    tensors = [parameters.tensor(node, i) for i in range(len(own))]
    computing = Source if node.layer.makes_data else Computing
    return computing(step, bottoms, tops, own, module, tensors)


def _zeros_like(memory: Memory) -> Memory:
    return Memory(torch.zeros_like(memory.tensor((memory.size,))))
