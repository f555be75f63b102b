"""Inputs held against the spec before they run: their names, and the shapes that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics import Diagnostic, Note, SpecError, nearest
from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Shape
from netspec.schema.setting import Reject
from netspec.schema.wording import spelled


def check_inputs(
    graph: Graph, args: Sequence[Any], named: Mapping[str, Any], dtype: torch.dtype
) -> dict[str, Tensor]:
    """The inputs by blob name, as numbers of `dtype`; raises SpecError where they do not fit.

    A shape other than the spec's is allowed where every layer allows it, as Caffe's reshape does;
    it is worked out once for each new shape.
    """
    blobs = dict(zip(graph.inputs, args))
    twice = next((n for n in named if n in blobs), None)
    if len(args) > len(graph.inputs) or twice:
        takes = ", ".join(graph.inputs) or "no inputs: it reads its own data"
        found = f"{twice} is given twice" if twice else f"{len(args)} blobs are given"
        raise _refuse(found, f"the net takes {takes}")
    blobs.update(named)
    for name in blobs:
        if name not in graph.inputs:
            help = nearest(name, graph.inputs) or f"it takes {', '.join(graph.inputs) or 'none'}"
            raise _refuse(f"the net has no input {name}", help)
    for name in graph.inputs:
        if name not in blobs:
            help = f"give {name}=tensor, a tensor of {spelled(graph.inputs[name])}"
            raise _refuse(f"the input {name} is missing", help)
        if not torch.is_tensor(blobs[name]):
            kind = type(blobs[name]).__name__
            raise _refuse(f"the input {name} is of type {kind}", "give a torch tensor")
        blobs[name] = _number(name, blobs[name], dtype)
    shapes = tuple((name, tuple(blobs[name].shape)) for name in graph.inputs)
    if any(shape != graph.inputs[name] for name, shape in shapes):
        reshaped(graph, shapes)
    return blobs


@lru_cache(maxsize=256)
def reshaped(graph: Graph, inputs: tuple[tuple[str, Shape], ...]) -> dict[Value, Shape]:
    """The shape of every value for other inputs.

    Raises SpecError where a layer or its weights do not allow them.
    """
    given = dict(inputs)
    shapes: dict[Value, Shape] = {}
    for node in graph.nodes:
        if node.layer.makes_data:
            shapes.update({v: given.get(v.blob, v.shape) for v in node.values})
            continue
        bottoms = [shapes[b] for b in node.bottoms]
        try:
            tops = node.layer.shapes(bottoms, node.tops)
            weights = [w.shape for w in node.layer.weights(*bottoms)]
        except Reject as wrong:
            message = f"{node.name or node.type} cannot take the inputs: {wrong.message}"
            raise SpecError(_unfit(graph, inputs, node, message, wrong.help)) from None
        for weight, needed in zip(node.weights, weights):
            if weight.shape != needed:
                message = f"{node.name or node.type} has the {weight.role} {spelled(weight.shape)}"
                message += f", but the inputs ask for {spelled(needed)}"
                help = "give inputs of the size that the spec states"
                raise SpecError(_unfit(graph, inputs, node, message, help))
        shapes.update(zip(node.values, tops))
    return shapes


def _unfit(
    graph: Graph, inputs: tuple[tuple[str, Shape], ...], node: Node, message: str, help: str
) -> Diagnostic:
    notes = [
        Note(f"{name} is {spelled(shape)}, in the spec {spelled(graph.inputs[name])}")
        for name, shape in inputs
        if shape != graph.inputs[name]
    ]
    return Diagnostic("N411", message, node.span, help, tuple(notes))


def _number(name: str, blob: Tensor, dtype: torch.dtype) -> Tensor:
    """Whole numbers, such as labels and the bytes of images, become what the net computes in."""
    if not blob.is_floating_point():
        return blob.to(dtype)
    if blob.dtype != dtype and not torch.is_autocast_enabled(blob.device.type):
        found, wanted = (str(d).removeprefix("torch.") for d in (blob.dtype, dtype))
        message = f"the input {name} is {found}, and the net computes in {wanted}"
        raise _refuse(message, f"give {name}.to(torch.{wanted})")
    return blob


def _refuse(message: str, help: str) -> SpecError:
    return SpecError(Diagnostic("N412", message, None, help))
