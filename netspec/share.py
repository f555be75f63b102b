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
            for setting in ("lr_mult", "decay_mult"):
                mine, first_said = getattr(spec, setting), getattr(owner.params[j], setting)
                if mine is not None and first_said is not None and mine != first_said:
                    message = f"{spec.name} has {setting} {first_said:g} in {owner.name}"
                    message += f" and {mine:g} here"
                    help = f"say {setting} once"
                    report.add("N311", message, bound.place("param", i), help, [note])
            shared[node.name, i] = (owner.name, j)
    return shared
