"""Holds what a file stores for a layer against the net's, and says why they may differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from compiler.weights.renamed import new_name
from compiler.weights.stored import StoredBlob, StoredLayer
from netspec.diagnostics import Diagnostic
from netspec.graph import Graph, Node
from netspec.schema.layer import Shape
from netspec.schema.wording import spelled

RENAME = "to learn the layer anew rather than load it, give it another name"
FIVE, THREE = 5, 3  # blobs of a BatchNorm with scale and bias inside, and without


def in_order(stored: StoredLayer, node: Node) -> tuple[StoredLayer, str]:
    """A layer with its blobs in the net's order, and whose order the file has if not Caffe's."""
    found = node.layer.file_order([blob.shape for _, blob in sorted(stored.blobs.items())])
    if found is None:
        return stored, ""
    blobs = {i: stored.blobs[place] for i, place in enumerate(found.places)}
    return replace(stored, blobs=blobs), found.whose


def mismatches(stored: StoredLayer, node: Node, graph: Graph, file: str) -> Iterator[Diagnostic]:
    """What keeps a layer from taking the blobs (Net::CopyTrainedLayersFrom).

    A parameter that the net shares may be absent: HDF5 and safetensors keep it with its owner.
    """
    own = {i for i in range(len(node.weights)) if (node.name, i) not in graph.owners}
    have, most = set(stored.blobs), len(node.weights)
    if not own <= have or max(have, default=-1) >= most:
        yield _wrong_count(stored, node, file)
        return
    wrong: dict[str, Diagnostic] = {}  # by cause, which weight and bias mostly have in common
    for i, blob in sorted(stored.blobs.items()):
        weight = node.weights[i]
        if not any(blob.fits(shape) for shape in (weight.shape, *weight.also)):
            found, wanted = spelled(blob.shape), spelled(weight.shape)
            message = f"{file} has {found} for the {weight.role} of {node.name}, which is {wanted}"
            cause = why_shape(blob, weight.shape, node, file)
            wrong.setdefault(cause, Diagnostic("C104", message, node.span, cause))
    yield from wrong.values()


def _wrong_count(stored: StoredLayer, node: Node, file: str) -> Diagnostic:
    """C103. Blobs that have names are named: those of a foreign model tell it at once."""
    found, most = len(stored.blobs), len(node.weights)
    roles = [blob.role for _, blob in sorted(stored.blobs.items())]
    listed = f" ({', '.join(roles)})" if all(roles) and roles else ""
    held = f"{found or 'no'} {'blob' if found == 1 else 'blobs'}{listed}"
    wanted = f"{most or 'no'} {'parameter' if most == 1 else 'parameters'}"
    if all(roles) and most:
        wanted += f" ({', '.join(w.role for w in node.weights)})"
    message = f"{file} has {held} for {node.name}, a {node.type} layer with {wanted}"
    return Diagnostic("C103", message, node.span, _why_count(stored, node, file))


def _why_count(stored: StoredLayer, node: Node, file: str) -> str:
    found, wanted = len(stored.blobs), len(node.weights)
    if stored.type and stored.type != node.type:
        return f"{node.name} is of type {stored.type} in the file; {RENAME}"
    if any(blob.role == "running_mean" for blob in stored.blobs.values()):
        return f"it is PyTorch's BatchNorm: {_fit(node, file)} gives its parts to the net's layers"
    if hasattr(node.layer, "bias_term") and abs(found - wanted) == 1:
        trained, write = ("with", "true") if found > wanted else ("without", "false")
        return f"it was trained {trained} a bias: write bias_term: {write}. Or else, {RENAME}"
    if node.layer.batch_statistics and {found, wanted} == {FIVE, THREE}:
        without = "it was trained without scale and bias inside: leave out what asks for them"
        return _whose(stored) if found == FIVE else without
    return RENAME


def _whose(stored: StoredLayer) -> str:
    """Of a BatchNorm with five blobs, which fork wrote it: NVIDIA's averages have the factor 1."""
    inside = "it is a BatchNorm with scale and bias inside"
    third = stored.blobs[2]
    if third.count == 1 and float(third.values().reshape(-1)[0]) != 1:
        return f"{inside}, Intel's: write use_weight_bias: true"
    return f"{inside}, NVIDIA's: write scale_bias: true"


def why_shape(blob: StoredBlob, wanted: Shape, node: Node, file: str) -> str:
    """What has probably changed where a blob has not the shape that is wanted, and the fix."""
    found = blob.shape
    while blob.legacy and len(found) > max(1, len(wanted)) and found[0] == 1:
        found = found[1:]
    if math.prod(found) == math.prod(wanted):
        return _why_form(found, wanted, node, file)
    if found[1:] == wanted[1:]:
        return f"the layer was trained with num_output {found[0]}; {RENAME}"
    if len(found) == len(wanted) > 1 and found[:1] + found[2:] == wanted[:1] + wanted[2:]:
        return _why_inputs(found[1], wanted[1], len(wanted))
    if len(found) == len(wanted) > 2 and found[:2] == wanted[:2]:
        return f"the layer was trained with a kernel of {spelled(found[2:])}; {RENAME}"
    return f"the file was trained with another net; {RENAME}"


def _why_form(found: Shape, wanted: Shape, node: Node, file: str) -> str:
    """As many numbers in another shape."""
    fit = _fit(node, file)
    if found == wanted[::-1] and len(found) == 2:
        turned = str(not getattr(node.layer, "transpose", False)).lower()
        return f"it is the transpose: write transpose: {turned}, or turn the file's with {fit}"
    if len(found) != len(wanted):
        kinds = ("a convolution", "fully connected")
        trained, here = kinds if len(found) > len(wanted) else kinds[::-1]
        return f"it was trained as {trained} and is {here} in this net: {fit} gives it the shape"
    return "the same count in another form: kernel_h and kernel_w may have changed places"


def _why_inputs(found: int, wanted: int, rank: int) -> str:
    inputs = f"on {found} inputs, not {wanted}"
    if rank > 2 and wanted % found == 0 and wanted > found:
        return f"the layer was trained with {wanted // found} times the group, or {inputs}"
    if rank > 2 and found % wanted == 0:
        return f"the layer was trained with 1/{found // wanted} of the group, or {inputs}"
    return f"the layer was trained {inputs}: the image's size or the layers below differ"


def _fit(node: Node, file: str) -> str:
    """The command that writes a file in the shapes of the net."""
    spec = node.span.source.name if node.span else "SPEC"
    return f"`netspec weights fit {file} {new_name(file)} --spec {spec}`"
