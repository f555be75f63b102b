"""What a snapshot keeps beside Caffe's own state, so that a resumed run is the run that went on.

Random number generators, where each data layer reads, the losses that are averaged, what our own
settings remember, and checksums; kept as JSON where Caffe does not look.
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

Position = tuple[int, int, int] | tuple[int, int]  # of a source; older snapshots have two
Positions = Mapping[str, Position]
Generators = Mapping[str, Tensor]  # the states of torch's generators, by kind of device
MONITOR = {"best", "at", "since", "waited"}
SCALER = {"scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker"}


@dataclass(frozen=True)
class Besides:
    """`generators` are those of each process; `positions` those of each net's sources.

    `monitor` and `scaler` are the states of a Monitor and of a GradScaler, `average` is the file of
    the averaged weights; each is None or empty where the solver has none. `sums` are the checksums
    of "weights", "average" and "state".
    """

    generators: Sequence[Generators] = ({},)
    positions: Sequence[Positions] = ()
    losses: Sequence[float] = ()
    monitor: Mapping[str, Any] | None = None
    scaler: Mapping[str, Any] | None = None
    average: str = ""
    sums: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        ours = {"monitor": self.monitor, "scaler": self.scaler, "average": self.average}
        return {
            "generators": [
                {
                    kind: base64.b64encode(state.numpy().tobytes()).decode()
                    for kind, state in each.items()
                }
                for each in self.generators
            ],
            "positions": [dict(each) for each in self.positions],
            "losses": list(self.losses),
            **{name: value for name, value in ours.items() if value},
            "sums": dict(self.sums),
        }

    @staticmethod
    def from_json(found: Any) -> Besides:
        """The inverse; raises ValueError for anything that `as_json` does not write."""
        try:
            return Besides(
                [
                    {kind: _generator(kind, text) for kind, text in each.items()}
                    for each in _each_process(found["generators"])
                ],
                [
                    {name: _position(*numbers) for name, numbers in each.items()}
                    for each in found["positions"]
                ],
                [float(loss) for loss in found["losses"]],
                _numbers(found.get("monitor"), MONITOR),
                _numbers(found.get("scaler"), SCALER),
                str(found.get("average", "")),
                {str(name): str(value) for name, value in found.get("sums", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as wrong:
            raise ValueError(f"the part that Caffe does not read is damaged ({wrong})") from None


def keep(
    nets: Sequence[Network], device: torch.device
) -> tuple[dict[str, Tensor], list[Positions]]:
    """The generators, and the positions of the nets' sources, as they are now."""
    generators = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        generators["cuda"] = torch.cuda.get_rng_state(device)
    return generators, [{name: s.state for name, s in sources(net).items()} for net in nets]


def bring_back(kept: Besides, nets: Sequence[Network], device: torch.device, rank: int = 0) -> None:
    """Set generators and sources as they were; what has no counterpart here is passed over."""
    generators = kept.generators[rank]
    if "cpu" in generators:
        torch.set_rng_state(generators["cpu"])
    if "cuda" in generators and device.type == "cuda":
        torch.cuda.set_rng_state(generators["cuda"], device)
    for net, positions in zip(nets, kept.positions):
        for name, source in sources(net).items():
            if name in positions:
                source.restore(positions[name])


def sources(net: Network) -> dict[str, Source]:
    """The data layers of a net, by name."""
    layers = {name: net.layer(name) for name in net.modules_of}
    return {name: layer for name, layer in layers.items() if isinstance(layer, Source)}


def _each_process(found: Any) -> Sequence[Any]:
    """Older snapshots, of one process, have its generators themselves."""
    return found if isinstance(found, list) and found else [{**found}]


def _position(seed: Any, batches: Any, processes: Any = None) -> Position:
    if processes is None:
        return int(seed), int(batches)
    if int(processes) < 1:
        raise ValueError(f"a source began with {processes} processes")
    return int(seed), int(batches), int(processes)


def _generator(kind: str, text: str) -> Tensor:
    state = torch.frombuffer(bytearray(base64.b64decode(text, validate=True)), dtype=torch.uint8)
    if kind == "cpu" and state.numel() != torch.get_rng_state().numel():
        raise ValueError(f"the state of the random numbers has {state.numel()} bytes")
    return state


def _numbers(found: Any, names: set[str]) -> dict[str, Any] | None:
    """A number for each name, or None where there are none."""
    if found is None:
        return None
    if found.keys() != names or not all(isinstance(v, int | float | None) for v in found.values()):
        raise ValueError(f"expected numbers for {', '.join(sorted(names))}")
    return dict(found)
