"""What a net consists of, by name and by number: blobs, parameters, layers, what reads what."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from compiler.network import Network, steps
from compiler.pycaffe.blob import Blob
from compiler.pycaffe.layer import Layer
from compiler.pycaffe.mode import MODE
from compiler.pycaffe.wire_up import Parameters, blobs_of, layers_of
from compiler.pycaffe.wiring import Wiring


class LaidOpen:
    """The parts of a compiled net, whose parameters they share.

    Names with an underscore are pycaffe's own, which scripts use all the same.
    """

    def __init__(self, network: Network) -> None:
        self._network, self._device = network, MODE.device
        network.to(self._device)
        self._wiring = wiring = Wiring(network.spec)
        self._blobs = blobs_of(wiring, self._device)
        self._parameters = Parameters(network)
        modules = dict(steps(network))
        self.layers = layers_of(wiring, self._blobs, self._parameters, modules)
        self._layer_names = [step.name for step in wiring.steps]
        self._blob_names = list(wiring.names)
        self._inputs, self._outputs = wiring.inputs, wiring.outputs
        self._blob_loss_weights = list(wiring.loss_weights)

    @property
    def blobs(self) -> OrderedDict[str, Blob]:
        """The blobs by name, in the order in which they are made."""
        return OrderedDict(zip(self._blob_names, self._blobs))

    @property
    def blob_loss_weights(self) -> OrderedDict[str, float]:
        """How much each blob counts towards the loss."""
        return OrderedDict(zip(self._blob_names, self._blob_loss_weights))

    @property
    def params(self) -> OrderedDict[str, list[Blob]]:
        """The parameters of each layer that has some, by its name."""
        named = zip(self._layer_names, self.layers)
        return OrderedDict((name, layer.blobs) for name, layer in named if layer.blobs)

    @property
    def layer_dict(self) -> OrderedDict[str, Layer]:
        """The layers by name."""
        return OrderedDict(zip(self._layer_names, self.layers))

    @property
    def inputs(self) -> list[str]:
        """The blobs that the script feeds."""
        return [self._blob_names[i] for i in self._inputs]

    @property
    def outputs(self) -> list[str]:
        """The blobs that no layer reads."""
        return [self._blob_names[i] for i in self._outputs]

    @property
    def top_names(self) -> OrderedDict[str, list[str]]:
        """The blobs that each layer writes."""
        return self._named(self._top_ids)

    @property
    def bottom_names(self) -> OrderedDict[str, list[str]]:
        """The blobs that each layer reads."""
        return self._named(self._bottom_ids)

    def _top_ids(self, layer: int) -> list[int]:
        return list(self._wiring.steps[layer].tops)

    def _bottom_ids(self, layer: int) -> list[int]:
        return list(self._wiring.steps[layer].bottoms)

    def _named(self, numbers: Callable[[int], list[int]]) -> OrderedDict[str, list[str]]:
        return OrderedDict(
            (name, [self._blob_names[n] for n in numbers(i)])
            for i, name in enumerate(self._layer_names)
        )
