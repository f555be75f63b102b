"""The nets of a file, built for what does not depend on its data: wiring, and counts of blobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.build import build
from netspec.diagnostics import Report, SpecError
from netspec.graph import Graph
from netspec.language.tree import Message
from netspec.layers import LAYERS
from netspec.schema.bind import bind_net
from netspec.schema.net import NetState, Phase

SIZES = (224, 227, 256, 299, 321, 64, 32)  # of images, where neither file nor user says
UNKNOWN_SHAPE = "N410"
OF_SIZES = (UNKNOWN_SHAPE, "N402", "N403")  # what another size may mend

Shapes = Mapping[str, Sequence[int]]


def graphs_of(tree: Message, shapes: Shapes, needed: Phase | None = None) -> list[Graph]:
    """The nets of TRAIN and TEST, as far as they can be built. Raises SpecError where none can, or
    not that of the phase that is needed.

    Where a data layer's shapes are not known, since its files are not here, common ones are tried:
    how many parameters a layer has is the same for all of them.
    """
    made, faults = [], []
    for phase in (Phase.TRAIN, Phase.TEST):
        try:
            made.append(_built(tree, phase, shapes))
        except SpecError as error:
            if phase is needed:
                raise
            faults.append(error)
    if not made:
        raise faults[-1]
    return made


def _built(tree: Message, phase: Phase, shapes: Shapes) -> Graph:
    try:
        return build(tree, phase, shapes=shapes)
    except SpecError as error:
        if not any(d.code == UNKNOWN_SHAPE for d in error.diagnostics):
            raise
        fault = error
    for size in SIZES:
        for channels in (3, 1):
            guess = {**_guessed(tree, phase, size, channels), **shapes}
            try:
                return build(tree, phase, shapes=guess)
            except SpecError as error:
                if not any(d.code in OF_SIZES for d in error.diagnostics):
                    fault = error
    raise fault


def _guessed(tree: Message, phase: Phase, size: int, channels: int) -> dict[str, tuple[int, ...]]:
    """An image and labels for each data layer of the phase."""
    net = bind_net(tree, LAYERS, NetState(phase=phase), Report())
    made: dict[str, tuple[int, ...]] = {}
    for bound in net.layers:
        if bound.included and bound.layer is not None and bound.layer.makes_data:
            image, *labels = bound.parameter.top or ("",)
            made[image] = (1, channels, size, size)
            made.update(dict.fromkeys(labels, (1,)))
    return made
