"""Which kind of file weights are in: seen from its first bytes, whatever its name."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path

from compiler.weights.caffemodel import caffemodel_name, read_caffemodel
from compiler.weights.hdf5 import read_hdf5
from compiler.weights.state_dict import read_state_dict
from compiler.weights.stored import Malformed, StoredLayer
from compiler.weights.tensors import read_safetensors
from netspec.graph import Graph

HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = b"PK\x03\x04"
PICKLE = "it is a pickle; from PyTorch, save it again as a state_dict, or as safetensors"
OTHER_FILES = {
    **{bytes((0x80, protocol)): PICKLE for protocol in range(2, 6)},
    b"version https://git-lfs": "it is a Git LFS pointer: `git lfs pull` fetches the file",
    b"<!DOCTYPE": "it is a web page: fetch the file itself",
    b"<html": "it is a web page: fetch the file itself",
}


class Format(Enum):
    """What kind of file it is, by its first bytes."""

    CAFFEMODEL = auto()
    HDF5 = auto()
    SAFETENSORS = auto()
    STATE_DICT = auto()


def format_of(file: Path) -> Format:
    """The format of a weights file. Raises Malformed where it is empty, or OSError."""
    start = _start(file)
    if not start:
        raise Malformed("C102", "the file is empty")
    if start.startswith(HDF5):
        return Format.HDF5
    if start.startswith(ZIP):
        return Format.STATE_DICT
    header = int.from_bytes(start[:8], "little")  # safetensors: its length, and then JSON
    if start[8:9] == b"{" and header <= file.stat().st_size:
        return Format.SAFETENSORS
    return Format.CAFFEMODEL


def read_layers(file: Path, graph: Graph | None) -> Iterator[StoredLayer]:
    """The layers of a weights file; the graph tells the order of parameters that have only names.

    Raises Malformed, WireError, or what the file system raises.
    """
    match format_of(file):
        case Format.HDF5:
            return read_hdf5(file)
        case Format.STATE_DICT:
            return read_state_dict(file, graph)
        case Format.SAFETENSORS:
            return read_safetensors(file, graph)
        case Format.CAFFEMODEL:
            return read_caffemodel(file)


def net_name(file: Path) -> str:
    """The name of the net that a weights file is of, in the format that has it.

    Raises as `read_layers` does.
    """
    return caffemodel_name(file) if format_of(file) is Format.CAFFEMODEL else ""


def what_it_is(file: Path) -> str:
    """What a file that is no `.caffemodel` seems to be, as help."""
    if file.suffix == ".solverstate":
        return "it is a solver state: the weights are in the .caffemodel beside it"
    start = _start(file)
    for magic, said in OTHER_FILES.items():
        if start.startswith(magic):
            return said
    if all(byte >= 32 or byte in b"\t\n\r" for byte in start):
        return "it is text: weights are in the binary file that was written after training"
    return "the file is damaged, or of another kind: fetch it again"


def _start(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(32)
