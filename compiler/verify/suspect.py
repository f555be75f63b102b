"""The layers between the blobs that agree and the first that differs, to be run otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from compiler.lower import lower
from compiler.network import Network
from netspec.graph import Node, Value

Proposal = tuple[str, Callable[[], Tensor]]  # what may be otherwise there, and what that would give


@dataclass(frozen=True)
class Suspect:
    """`nodes`, in running order, make `value` of what is `known`; it should be `want`."""

    net: Network
    value: Value
    nodes: tuple[Node, ...]
    known: Mapping[Value, Tensor]
    want: Tensor

    @property
    def inputs(self) -> dict[Value, Tensor]:
        """Those of the known values that the caller feeds."""
        return {v: t for v, t in self.known.items() if v.node.layer.fed}

    def module(self, node: Node) -> nn.Module:
        return self.net.layer(node.name)

    @torch.no_grad()
    def run(
        self,
        modules: Mapping[Node, nn.Module] | None = None,
        known: Mapping[Value, Tensor] | None = None,
    ) -> Tensor:
        """What `value` becomes with other modules for some nodes, or with other known values."""
        made = {**self.known, **(known or {})}
        for node in self.nodes:
            module = (modules or {}).get(node) or self.module(node)
            tops = module(*(made[b] for b in node.bottoms))
            made.update(zip(node.values, tops if isinstance(tops, tuple) else (tops,)))
        return made[self.value]

    def with_settings(self, node: Node, **settings: Any) -> Tensor:
        """What `value` becomes with other settings of a layer and the same weights."""
        layer = replace(node.layer, **settings)
        module = lower(layer, replace(node, layer=layer)).eval()
        for weight in node.weights:
            theirs = getattr(module, weight.role).data
            theirs.copy_(self.net.parameter(node.name, _index(node, weight.role)).view_as(theirs))
        return self.run({node: module})

    def with_weights(self, node: Node, **weights: Tensor) -> Tensor:
        """What `value` becomes with other weights of a layer, by role."""
        module = lower(node.layer, node).eval()
        for i, weight in enumerate(node.weights):
            values = weights.get(weight.role, self.net.parameter(node.name, i))
            getattr(module, weight.role).data.copy_(values)
        return self.run({node: module})

    def weights(self, node: Node) -> dict[str, Tensor]:
        """The weights of a layer, by role."""
        return {
            w.role: self.net.parameter(node.name, i).detach() for i, w in enumerate(node.weights)
        }


def _index(node: Node, role: str) -> int:
    return [w.role for w in node.weights].index(role)


def suspect(
    net: Network, value: Value, want: Tensor, agreed: Mapping[Value, Tensor]
) -> Suspect | None:
    """The suspect for a value, given the values that agree and the inputs.

    None where the layers between begin with data that nobody kept.
    """
    wanted, known = {value}, {}
    nodes: list[Node] = []
    for node in reversed(net.spec.nodes):
        mine = [v for v in node.values if v in wanted]
        kept = {v: agreed[v] for v in mine if v in agreed}
        known.update(kept)
        if len(kept) == len(mine):
            continue
        if node.layer.makes_data:
            return None
        nodes.append(node)
        wanted.update(node.bottoms)
    return Suspect(net, value, tuple(reversed(nodes)), known, want)
