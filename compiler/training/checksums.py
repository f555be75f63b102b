"""Checksums of snapshots, so that a damaged file is known before it is trained from.

They stand in the part of a solver state that Caffe does not read; a state of Caffe's has none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics import Diagnostic, SpecError


def sum_of_file(path: Path) -> str:
    """SHA-256 of the bytes of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sum_of_state(said: Mapping[str, Any], history: Iterable[Tensor]) -> str:
    """SHA-256 of what a solver state says (plain data), and of its histories in 32 bits."""
    made = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for values in history:
        flat = values.detach().to("cpu", torch.float32).reshape(-1).contiguous()
        made.update(flat.numpy().data)
    return made.hexdigest()


def find_whole(state: Path, named: str, expected: str | None) -> Path:
    """The weights that a state names: where it says, or else beside it; None was never summed.

    Raises SpecError: C212 where there are none, C220 where they are not what was written.
    """
    places = [Path(named), state.parent / Path(named).name]
    found = [place for place in places if place.is_file()]
    for place in found:
        if expected is None or sum_of_file(place) == expected:
            return place
    if found:
        raise damaged(found[0])
    message = f"the weights of {state}, {named}, are not there"
    help = f"put {places[1].name} beside {state.name}"
    raise SpecError(Diagnostic("C212", message, None, help))


def damaged(path: Path) -> SpecError:
    """The error of a file that is not what was written."""
    message = f"{path} is damaged: its checksum is not the one it was written with"
    help = "go on from another snapshot; --resume auto finds the last that is whole"
    return SpecError(Diagnostic("C220", message, None, help))
