"""Parameters of one name are one parameter; the first layer to name it owns it (Net::AppendParam)."""

from __future__ import annotations

import math

from netspec.diagnostics import Note, Report
from netspec.graph import Node
from netspec.schema.net import DimCheckMode

Place = tuple[str, int]


def share(nodes: list[Node], report: Report) -> dict[Place, Place]:
    """(layer, i) -> (layer, i) of its owner, for each parameter that is shared and not the owner's own."""
    owners: dict[str, tuple[Node, int]] = {}
    shared: dict[Place, Place] = {}
    first: dict[str, Node] = {}
    for node in nodes:
        if node.weights and first.setdefault(node.name, node) is not node:
            message = f"two layers with parameters are named {node.name or '(nothing)'}"
            other = Note("the first is here", first[node.name].span)
            report.add(
                "N313", message, node.span, "weights are kept by layer name: rename one", [other]
            )
        for i, (weight, spec) in enumerate(zip(node.weights, node.params)):
            if not spec.name:
                continue
            owner, j = owners.setdefault(spec.name, (node, i))
            if owner is node and i == j:
                continue
            theirs = owner.weights[j].shape
            strict = spec.share_mode is DimCheckMode.STRICT
            if theirs != weight.shape and (strict or math.prod(theirs) != math.prod(weight.shape)):
                message = f"{spec.name} has shape {theirs} in {owner.name} and {weight.shape} here"
                help = "shared parameters have one shape (share_mode: PERMISSIVE asks for equal counts only)"
                report.add(
                    "N311", message, node.span, help, [Note("the owner is here", owner.span)]
                )
            for setting in ("lr_mult", "decay_mult"):
                mine, first_said = getattr(spec, setting), getattr(owner.params[j], setting)
                if mine is not None and first_said is not None and mine != first_said:
                    message = f"{spec.name} has {setting} {first_said:g} in {owner.name} and {mine:g} here"
                    report.add(
                        "N311",
                        message,
                        node.span,
                        f"say {setting} once",
                        [Note("the owner is here", owner.span)],
                    )
            shared[node.name, i] = (owner.name, j)
    return shared
