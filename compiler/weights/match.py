"""Holds what a file stores for a layer against the net's, and says why they may differ."""

from __future__ import annotations

import math
from collections.abc import Iterator

from compiler.weights.stored import StoredBlob, StoredLayer, spelled
from netspec.diagnostics import Diagnostic
from netspec.graph import Graph, Node
from netspec.schema.layer import Shape

RENAME = "to learn the layer anew rather than load it, give it another name"


def mismatches(stored: StoredLayer, node: Node, graph: Graph, file: str) -> Iterator[Diagnostic]:
    """What keeps a layer from taking the blobs (Net::CopyTrainedLayersFrom).

    A parameter that the net shares may be absent: HDF5 and safetensors keep it with its owner.
    """
    own = {i for i in range(len(node.weights)) if (node.name, i) not in graph.owners}
    have, most = set(stored.blobs), len(node.weights)
    if not own <= have or max(have, default=-1) >= most:
        found = f"{len(have) or 'no'} {'blob' if len(have) == 1 else 'blobs'}"
        wanted = f"{most or 'no'} {'parameter' if most == 1 else 'parameters'}"
        message = f"{file} has {found} for {node.name}, a {node.type} layer with {wanted}"
        yield Diagnostic("C103", message, node.span, _why_count(len(have), most))
        return
    for i, blob in sorted(stored.blobs.items()):
        weight = node.weights[i]
        if not any(blob.fits(shape) for shape in (weight.shape, *weight.also)):
            message = (
                f"{file} has {spelled(blob.shape)} for the {weight.role} of {node.name}, "
                f"which is {spelled(weight.shape)}"
            )
            yield Diagnostic("C104", message, node.span, _why_shape(blob, weight.shape))


def _why_count(found: int, wanted: int) -> str:
    if found == wanted + 1:
        return f"the layer was trained with a bias: write bias_term: true. Or else, {RENAME}"
    if found == wanted - 1:
        return f"the layer was trained without a bias: write bias_term: false. Or else, {RENAME}"
    if found == 5 and wanted == 3:
        return "it is a BatchNorm with scale and bias inside, NVIDIA's: write scale_bias: true"
    return RENAME


def _why_shape(blob: StoredBlob, wanted: Shape) -> str:
    found = blob.shape
    while blob.legacy and len(found) > max(1, len(wanted)) and found[0] == 1:
        found = found[1:]
    if math.prod(found) == math.prod(wanted):
        if found == wanted[::-1]:
            return "it is the transpose: the layer was trained with the other value of transpose"
        if len(found) != len(wanted):
            return (
                "the same count in another form: one is fully connected, the other a convolution; "
                "write the layer that was trained, or give the file to `netspec weights fit`"
            )
        return "the same count in another form: kernel_h and kernel_w may have changed places"
    if found[1:] == wanted[1:]:
        return f"the layer was trained with num_output {found[0]}; {RENAME}"
    if len(found) == len(wanted) > 1 and found[:1] + found[2:] == wanted[:1] + wanted[2:]:
        return _why_inputs(found[1], wanted[1], len(wanted))
    return f"the file was trained with another net; {RENAME}"


def _why_inputs(found: int, wanted: int, rank: int) -> str:
    inputs = f"on {found} inputs, not {wanted}"
    if rank > 2 and wanted % found == 0 and wanted > found:
        return f"the layer was trained with {wanted // found} times the group, or {inputs}"
    if rank > 2 and found % wanted == 0:
        return f"the layer was trained with 1/{found // wanted} of the group, or {inputs}"
    return f"the layer was trained {inputs}: the image's size or the layers below differ"
