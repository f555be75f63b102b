"""Weights into a file without a compiled net: layers as another file stores them, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from compiler.weights.blobproto import Parts, blob_parts, message
from compiler.weights.caffemodel import BLOBS, LAYER, NAME
from compiler.weights.stored import StoredLayer
from netspec.atomic import replacing
from netspec.diagnostics import Diagnostic, SpecError
from netspec.records.wire import write_field

SPEC = "give the net with --spec: its layers tell"


def write_layers(path: Path, layers: Iterable[StoredLayer]) -> None:
    """Write `.caffemodel`, `.h5` or `.safetensors`, whole or not at all.

    Raises SpecError: C107 cannot be written, C108 another ending, C109 parameters have only
    numbers where the format wants names, or the other way round.
    """
    write = WRITERS.get(path.suffix)
    if write is None:
        reason = f"{path} ends with none of {', '.join(WRITERS)}"
        raise SpecError(Diagnostic("C108", reason, None, f"write {path.stem}.caffemodel"))
    with replacing(path, "C107") as temporary:
        write(temporary, layers)


def _write_caffemodel(path: Path, layers: Iterable[StoredLayer]) -> None:
    with path.open("wb") as file:
        for layer in layers:
            _require_numbers(layer)
            if set(layer.blobs) != set(range(len(layer.blobs))):
                reason = f"of {layer.name} the file lacks parameters that other layers share"
                raise SpecError(Diagnostic("C109", reason, None, f"{SPEC} whose they are"))
            parts: Parts = [write_field(NAME, layer.name), layer.rest]
            for _, blob in sorted(layer.blobs.items()):
                parts += message(BLOBS, blob_parts(blob.values(), legacy=blob.legacy))
            for part in message(LAYER, parts):
                file.write(part)


def _write_hdf5(path: Path, layers: Iterable[StoredLayer]) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for layer in layers:
            _require_numbers(layer)
            group = file.require_group(f"data/{layer.name}")
            for i, blob in layer.blobs.items():
                if blob.legacy:
                    reason = f"the shapes of {layer.name} are of the time when all had four axes"
                    raise SpecError(Diagnostic("C109", reason, None, f"{SPEC} how many it has"))
                group.create_dataset(str(i), data=blob.values().numpy(), dtype="<f4")


def _write_safetensors(path: Path, layers: Iterable[StoredLayer]) -> None:
    from safetensors.torch import save_file

    tensors = {}
    for layer in layers:
        for blob in layer.blobs.values():
            if not blob.role:
                reason = f"the parameters of {layer.name} have numbers, and safetensors wants names"
                raise SpecError(Diagnostic("C109", reason, None, f"{SPEC} what they are"))
            tensors[f"{layer.name}.{blob.role}"] = blob.values().contiguous()
    save_file(tensors, path, {"format": "pt"})


def _require_numbers(layer: StoredLayer) -> None:
    if not layer.numbered:
        reason = f"the parameters of {layer.name} have names, and Caffe numbers them"
        raise SpecError(Diagnostic("C109", reason, None, f"{SPEC} their order"))


WRITERS: dict[str, Callable[[Path, Iterable[StoredLayer]], None]] = {
    ".caffemodel": _write_caffemodel,
    ".h5": _write_hdf5,
    ".safetensors": _write_safetensors,
}
