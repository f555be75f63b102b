"""Parameters of one name are one; the first layer to name it owns it (Net::AppendParam)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from netspec.diagnostics import Note, Report
from netspec.graph import Node
from netspec.schema.bound import BoundLayer
from netspec.schema.net import DimCheckMode
from netspec.schema.wording import spelled

Place = tuple[str, int]


def share(nodes: Mapping[Node, BoundLayer], report: Report) -> dict[Place, Place]:
    """(layer, i) -> (layer, i) of its owner, for each shared parameter but the owner's own."""
    owners: dict[str, tuple[Node, int]] = {}
    shared: dict[Place, Place] = {}
    first: dict[str, Node] = {}
    for node, bound in nodes.items():
        if node.weights and first.setdefault(node.name, node) is not node:
            named = f"named {node.name}" if node.name else "without a name"
            message = f"two layers with parameters are {named}"
            help = "weights are kept by layer name: give each its own"
            note = Note("the first is here", nodes[first[node.name]].place("name"))
            report.add("N313", message, bound.place("name"), help, [note])
        for i, (weight, spec) in enumerate(zip(node.weights, node.params)):
            if not spec.name:
                continue
            owner, j = owners.setdefault(spec.name, (node, i))
            if owner is node and i == j:
                continue
            theirs = owner.weights[j].shape
            note = Note(f"{owner.name} owns it", nodes[owner].place("param", j))
            strict = spec.share_mode is DimCheckMode.STRICT
            if theirs != weight.shape and (strict or math.prod(theirs) != math.prod(weight.shape)):
                message = f"{spec.name} is {spelled(theirs)} in {owner.name}"
                message += f" and {spelled(weight.shape)} here"
                help = "shared parameters have one shape, or with PERMISSIVE as many elements"
                report.add("N311", message, bound.place("param", i), help, [note])
            shared[node.name, i] = (owner.name, j)
    _check_multipliers(nodes, report)
    return shared


def _check_multipliers(nodes: Mapping[Node, BoundLayer], report: Report) -> None:
    """Of all layers that share a parameter, those that say a multiplier say the same one."""
    said: dict[tuple[str, str], tuple[float, Node, int]] = {}
    for node, bound in nodes.items():
        for i, (_, spec) in enumerate(zip(node.weights, node.params)):
            for setting in ("lr_mult", "decay_mult"):
                mine: float | None = getattr(spec, setting)
                if not spec.name or mine is None:
                    continue
                first, other, j = said.setdefault((spec.name, setting), (mine, node, i))
                if mine != first:
                    message = f"{spec.name} has {setting} {first:g} in {other.name}"
                    note = Note(f"{other.name} says it first", nodes[other].place("param", j))
                    message += f" and {mine:g} here"
                    place = bound.place("param", i)
                    report.add("N311", message, place, f"say {setting} once", [note])
