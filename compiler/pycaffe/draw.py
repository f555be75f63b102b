"""caffe.draw: a NetParameter as a diagram of its layers and blobs, whatever phase they are for.

`netspec draw` shows more of a net: shapes, blocks and costs. This is the picture that scripts make.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import graphviz

from netspec.atomic import replacing
from netspec.draw.palette import fill
from netspec.draw.render import FORMATS
from netspec.layers import LAYERS
from netspec.schema.net import NetState, NetStateRule, Phase, RulePhase


def get_pydot_graph(
    caffe_net: Any,
    rankdir: str,
    label_edges: bool = True,
    phase: int | None = None,
    display_lrm: bool = False,
) -> graphviz.Digraph:
    """The diagram. `phase` leaves out the layers of the other one; `display_lrm` shows learning
    rates; lines of `label_edges` say how many channels there are.
    """
    name = caffe_net.name or "Net"
    made = graphviz.Digraph(name, graph_attr={"rankdir": rankdir}, node_attr={"style": "filled"})
    blobs: set[str] = set()
    for i, layer in enumerate(caffe_net.layer):
        if phase is not None and not _is_in(layer, phase):
            continue
        box = f"layer{i}"
        label = _label(layer, display_lrm)
        made.node(box, label, shape="box", fillcolor=_color(layer.type))
        for blob in (*layer.bottom, *layer.top):
            if blob not in blobs:
                blobs.add(blob)
                made.node(f"blob {blob}", graphviz.escape(blob), shape="octagon")
        for blob in layer.bottom:
            made.edge(f"blob {blob}", box)
        for blob in layer.top:
            made.edge(box, f"blob {blob}", label=_channels(layer) if label_edges else "")
    return made


def draw_net(
    caffe_net: Any,
    rankdir: str,
    ext: str = "png",
    phase: int | None = None,
    display_lrm: bool = False,
) -> bytes:
    """The picture, as png, svg, pdf or dot. Raises SpecError D103 and D104, and KeyError."""
    return FORMATS[f".{ext}"](get_pydot_graph(caffe_net, rankdir, True, phase, display_lrm))


def draw_net_to_file(
    caffe_net: Any,
    filename: str | os.PathLike[str],
    rankdir: str = "LR",
    phase: int | None = None,
    display_lrm: bool = False,
) -> None:
    """Write the picture; the ending of the name says which. Raises SpecError D102 too."""
    path = Path(filename)
    picture = draw_net(caffe_net, rankdir, path.suffix.lstrip("."), phase, display_lrm)
    with replacing(path) as waiting:
        waiting.write_bytes(picture)


def _is_in(layer: Any, phase: int) -> bool:
    """By the phases of its rules alone, as in pycaffe."""
    state = NetState(phase=Phase(phase))

    def holds(rule: Any) -> bool:
        said = RulePhase(rule.phase) if rule.HasField("phase") else None
        return NetStateRule(phase=said).holds(state)

    if layer.include:
        return any(holds(rule) for rule in layer.include)
    return not any(holds(rule) for rule in layer.exclude)


def _label(layer: Any, display_lrm: bool) -> str:
    said = _own(layer)
    lines = [layer.name, f"({layer.type})"]
    for name in ("kernel_size", "stride", "pad"):
        value: Any = getattr(said, name, None)
        numbers = list(value) if hasattr(value, "append") else [value] if value else []
        if numbers:
            lines.append(f"{name}: {'×'.join(map(str, numbers))}")
    if display_lrm and layer.param:
        lines.append(f"lr mult: {', '.join(f'{spec.lr_mult:g}' for spec in layer.param)}")
    return "\n".join(graphviz.escape(line) for line in lines)


def _channels(layer: Any) -> str:
    return str(getattr(_own(layer), "num_output", "") or "")


def _own(layer: Any) -> Any:
    """The message with the layer's own settings, or None."""
    declared = LAYERS.get(layer.type)
    return getattr(layer, declared.message) if declared and declared.message else None


def _color(kind: str) -> str:
    declared = LAYERS.get(kind)
    return fill(declared.family) if declared else "white"
