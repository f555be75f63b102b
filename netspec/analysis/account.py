"""The whole account of a net: what its layers, its blocks or its types of layers take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from netspec.analysis.cost import Cost, LayerCost, cost
from netspec.analysis.memory import Memory, inference, training
from netspec.analysis.passes import Pass, Passes, passes, total
from netspec.analysis.receptive import Field, receptive_fields
from netspec.analysis.roofline import Time, time, together
from netspec.devices import PRECISIONS, Device
from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Shape


@dataclass(frozen=True)
class Entry:
    """A line of the account: a layer, or several of one block or one type together.

    Sums are of what is known.
    """

    name: str
    kind: str
    members: tuple[LayerCost, ...]
    forward: Pass
    backward: Pass
    output: Shape | None = None  # of a layer's first top, or of a block's last layer
    time: Time | None = None  # of the forward pass; together: the sum
    backward_time: Time | None = None

    @property
    def whole(self) -> bool:
        """Whether all is known of it."""
        return not (self.forward.unknown or self.backward.unknown)

    @property
    def parameters(self) -> int:
        return sum(member.parameters for member in self.members)

    @property
    def statistics(self) -> int:
        return sum(member.statistics for member in self.members)

    @property
    def activations(self) -> int:
        return sum(member.activations for member in self.members)

    def size(self, by: str, backward: bool = False) -> float:
        """One of its amounts, to sort by: parameters, macs, flops, bytes or time."""
        of = self.backward if backward else self.forward
        time = self.backward_time if backward else self.time
        amounts = {
            "parameters": self.parameters,
            "macs": of.macs,
            "flops": of.flops,
            "bytes": of.moved,
            "time": time.seconds if time else 0.0,
        }
        return amounts[by] or 0

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "name": self.name,
            "type": self.kind,
            "parameters": self.parameters,
            "statistics": self.statistics,
            "activations": self.activations,
            "forward": self.forward.as_json(),
            "backward": self.backward.as_json(),
            "whole": self.whole,
        }
        if self.time is not None:
            said["forward"] |= self.time.as_json()
        if self.backward_time is not None:
            said["backward"] |= self.backward_time.as_json()
        return said


@dataclass(frozen=True)
class Account:
    """A graph and all that its layers take, with numbers of one precision."""

    graph: Graph
    cost: Cost
    passes: Mapping[Node, Passes]
    memory: Memory
    training: Memory
    solver: str
    precision: str
    device: Device | None = None

    def layers(self) -> list[Entry]:
        """A line for each layer, in running order."""
        return [self._entry(c.node.name, c.node.type, [c]) for c in self.cost.layers]

    def together(self, key: Callable[[Node], str], ordered: bool = True) -> list[Entry]:
        """A line for all layers of a key; neighbours only where `ordered`. "" stays apart."""
        found = self.cost.layers
        if not ordered:
            found = tuple(sorted(found, key=lambda c: key(c.node)))
        made = []
        for name, group in groupby(found, key=lambda c: key(c.node)):
            members = list(group)
            if not name:
                made += [self._entry(c.node.name, c.node.type, [c]) for c in members]
                continue
            count = len(members)
            kind = f"{count} layer" + "s" * (count > 1)
            made.append(self._entry(name, kind, members, shaped=ordered))
        return made

    def all(self) -> Entry:
        """Everything in one line."""
        return self._entry(
            self.graph.name, f"{len(self.cost.layers)} layers", self.cost.layers, False
        )

    def unknown(self) -> list[Node]:
        """Layers of which not all is known."""
        return [n for n, p in self.passes.items() if p.forward.unknown or p.backward.unknown]

    def fields(self) -> dict[str, dict[Value, Field]]:
        """For each image that comes in, the receptive field in it of all that depends on it."""
        images = (
            v.blob
            for n in self.graph.nodes
            if n.layer.makes_data
            for v in n.values
            if len(v.shape) > 2
        )
        return {blob: receptive_fields(self.graph, blob) for blob in images}

    def _entry(
        self, name: str, kind: str, members: Sequence[LayerCost], shaped: bool = True
    ) -> Entry:
        shapes = members[-1].node.shapes if members and shaped else ()
        output = shapes[0] if shapes else None
        mine = [self.passes[m.node] for m in members]
        forward, backward = [p.forward for p in mine], [p.backward for p in mine]
        one = len(mine) == 1
        return Entry(
            name,
            kind,
            tuple(members),
            forward[0] if one else total(forward),
            backward[0] if one else total(backward),
            output,
            self._time(forward),
            self._time(backward),
        )

    def _time(self, parts: Iterable[Pass]) -> Time | None:
        if self.device is None:
            return None
        found = [time(part, self.device, self.precision) for part in parts]
        return found[0] if len(found) == 1 else together(found)


def account(
    graph: Graph,
    device: Device | None = None,
    precision: str = "float32",
    solver: str = "SGD",
) -> Account:
    """The account of a graph at the shapes that it was built with. Raises SpecError A211."""
    if device is not None:
        device.flops(precision)
    number = PRECISIONS[precision]
    return Account(
        graph,
        cost(graph),
        passes(graph, number),
        inference(graph, number),
        training(graph, solver, number),
        solver,
        precision,
        device,
    )
