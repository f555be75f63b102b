"""The forms in which scripts name a net: file, phase, weights, by place or by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import netspec
from compiler.pycaffe.mode import in_force
from netspec.graph import Graph
from netspec.schema.net import Phase

Path = str | os.PathLike[str]
PLACES = ("phase", "level", "stages", "weights")


def open_net(
    file: Path,
    args: Sequence[Any],
    phase: int | None,
    level: int,
    stages: Sequence[str] | None,
    weights: Path | None,
) -> tuple[Graph, Path | None]:
    """The graph, and the weights that are to be loaded. Raises SpecError, or TypeError as a call
    with wrong arguments does.
    """
    if args and isinstance(args[0], str | os.PathLike):  # Net(file, weights, phase)
        weights, *args = args
    if len(args) > len(PLACES):
        raise TypeError(f"Net takes a file, {', '.join(PLACES)}")
    given = dict(zip(PLACES, args))
    phase, level = given.get("phase", phase), given.get("level", level)
    stages, weights = given.get("stages", stages), given.get("weights", weights)
    if phase is None:
        raise TypeError("Net needs a phase: caffe.TRAIN or caffe.TEST")
    with in_force():
        return netspec.load(os.fspath(file), Phase(int(phase)), level, tuple(stages or ())), weights
