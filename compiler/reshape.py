"""Inputs held against the spec before they run: names, number of axes, and the shapes that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics import Diagnostic, SpecError, nearest
from netspec.graph import Graph, Value
from netspec.schema.layer import Shape
from netspec.schema.settings import Reject


def check_inputs(graph: Graph, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Tensor]:
    """The inputs by blob name; raises SpecError where they are not what the net takes.

    A shape other than the spec's is allowed where every layer allows it, as Caffe's reshape does; it is worked out once
    for each new shape.
    """
    blobs = dict(zip(graph.inputs, args))
    twice = next((n for n in named if n in blobs), None)
    if len(args) > len(graph.inputs) or twice:
        takes = ", ".join(graph.inputs) or "no inputs: it reads its own data"
        raise _refuse(
            f"the net takes {takes}",
            f"{twice} is given twice" if twice else f"{len(args)} blobs are given",
        )
    blobs.update(named)
    for name in blobs:
        if name not in graph.inputs:
            raise _refuse(
                f"the net has no input {name}",
                nearest(name, graph.inputs) or f"it takes {', '.join(graph.inputs) or 'none'}",
            )
    for name in graph.inputs:
        if name not in blobs:
            raise _refuse(
                f"the input {name} is missing", f"give {name}=tensor, of shape {graph.inputs[name]}"
            )
        if not torch.is_tensor(blobs[name]):
            raise _refuse(
                f"the input {name} is a {type(blobs[name]).__name__}", "give a torch tensor"
            )
    shapes = tuple((name, tuple(blobs[name].shape)) for name in graph.inputs)
    if any(shape != graph.inputs[name] for name, shape in shapes):
        reshaped(graph, shapes)
    return blobs


@lru_cache(maxsize=256)
def reshaped(graph: Graph, inputs: tuple[tuple[str, Shape], ...]) -> dict[Value, Shape]:
    """The shape of every value for other inputs; raises SpecError where a layer or its weights do not allow them."""
    given = dict(inputs)
    shapes: dict[Value, Shape] = {}
    for node in graph.nodes:
        if node.layer.source:
            shapes.update({v: given.get(v.blob, v.shape) for v in node.values})
            continue
        bottoms = [shapes[b] for b in node.bottoms]
        written = ", ".join(f"{n} {s}" for n, s in inputs)
        try:
            tops = node.layer.shapes(bottoms, node.tops)
            weights = [w.shape for w in node.layer.weights(*bottoms)]
        except Reject as wrong:
            message = f"{node.name or node.type} cannot take the inputs {written}: {wrong.message}"
            raise SpecError(Diagnostic("N411", message, node.span, wrong.help)) from None
        expected = [w.shape for w in node.weights]
        if weights != expected:
            message = f"{node.name or node.type} has weights {expected}, but the inputs {written} need {weights}"
            raise SpecError(
                Diagnostic(
                    "N411", message, node.span, "give inputs of the size that the spec states"
                )
            )
        shapes.update(zip(node.values, tops))
    return shapes


def _refuse(message: str, help: str) -> SpecError:
    return SpecError(Diagnostic("N412", message, None, help))
