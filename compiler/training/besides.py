"""What a snapshot keeps beside Caffe's own state, so that a resumed run is the run that went on.

Random number generators, where each data layer reads, and the losses that are averaged; kept as
JSON where Caffe does not look.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from compiler.data.source import Source
from compiler.network import Network

Position = tuple[int, int]  # a source's state: its seed, and the batches handed out
Positions = Mapping[str, Position]


@dataclass(frozen=True)
class Besides:
    """`generators` are torch's, by kind of device; `positions` those of each net's sources."""

    generators: Mapping[str, Tensor] = field(default_factory=dict)
    positions: Sequence[Positions] = ()
    losses: Sequence[float] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "generators": {
                kind: base64.b64encode(state.numpy().tobytes()).decode()
                for kind, state in self.generators.items()
            },
            "positions": [dict(each) for each in self.positions],
            "losses": list(self.losses),
        }

    @staticmethod
    def from_json(found: Any) -> Besides:
        """The inverse; raises ValueError for anything that `as_json` does not write."""
        try:
            return Besides(
                {kind: _generator(kind, text) for kind, text in found["generators"].items()},
                [
                    {name: (int(seed), int(number)) for name, (seed, number) in each.items()}
                    for each in found["positions"]
                ],
                [float(loss) for loss in found["losses"]],
            )
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as wrong:
            raise ValueError(f"the part that Caffe does not read is damaged ({wrong})") from None


def keep(nets: Sequence[Network], losses: Sequence[float], device: torch.device) -> Besides:
    """The state as it is now."""
    generators = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        generators["cuda"] = torch.cuda.get_rng_state(device)
    positions = [{name: source.state for name, source in sources(net).items()} for net in nets]
    return Besides(generators, positions, losses)


def bring_back(kept: Besides, nets: Sequence[Network], device: torch.device) -> None:
    """Set generators and sources as they were; what has no counterpart here is passed over."""
    if "cpu" in kept.generators:
        torch.set_rng_state(kept.generators["cpu"])
    if "cuda" in kept.generators and device.type == "cuda":
        torch.cuda.set_rng_state(kept.generators["cuda"], device)
    for net, positions in zip(nets, kept.positions):
        for name, source in sources(net).items():
            if name in positions:
                source.restore(positions[name])


def sources(net: Network) -> dict[str, Source]:
    """The data layers of a net, by name."""
    layers = {name: net.layer(name) for name in net.modules_of}
    return {name: layer for name, layer in layers.items() if isinstance(layer, Source)}


def _generator(kind: str, text: str) -> Tensor:
    state = torch.frombuffer(bytearray(base64.b64decode(text, validate=True)), dtype=torch.uint8)
    if kind == "cpu" and state.numel() != torch.get_rng_state().numel():
        raise ValueError(f"the state of the random numbers has {state.numel()} bytes")
    return state
