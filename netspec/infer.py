"""Wired layers to Nodes: every shape is inferred, in running order, without torch and without running anything."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import Report
from netspec.graph import Node, Value
from netspec.schema.bind import BoundLayer
from netspec.schema.layer import Layer, Shape
from netspec.schema.net import ParamSpec, Phase
from netspec.schema.settings import Reject
from netspec.wire import Wired

MAX_ELEMENTS = 2**31 - 1  # Caffe's blobs count their elements in 32 bits (blob.cpp, Blob::Reshape)


def infer(
    wired: list[Wired], given: Mapping[str, Shape], phase: Phase, report: Report
) -> list[Node]:
    """The nodes; a layer that depends on a faulty one is left out and not mentioned."""
    made: dict[int, Node] = {}
    nodes = []
    for here in wired:
        layer = here.bound.layer
        sources = [made.get(id(b[0])) if b is not None else None for b in here.bottoms]
        if not here.usable or layer is None or any(s is None for s in sources):
            continue
        bottoms = [
            Value(s, b[1]) for s, b in zip(sources, here.bottoms) if s is not None and b is not None
        ]
        node = _node(here, layer, bottoms, given, phase, report)
        if node is not None:
            made[id(here)] = node
            nodes.append(node)
    return nodes


def _node(
    here: Wired,
    layer: Layer,
    bottoms: list[Value],
    given: Mapping[str, Shape],
    phase: Phase,
    report: Report,
) -> Node | None:
    bound = here.bound
    said = bound.parameter
    before = len(report.errors)
    try:
        shapes = _shapes(layer, [b.shape for b in bottoms], here.tops, given)
        weights = layer.weights(*(b.shape for b in bottoms))
        for weight in weights:
            weight.check()
    except Reject as reject:
        report.add(reject.code, reject.message, bound.locate(reject.setting), reject.help)
        return None
    _check_sizes(bound, [*shapes, *(w.shape for w in weights)], report)
    params = _params(bound, layer, len(weights), [w.learned for w in weights], report)
    losses = _loss_weights(bound, layer, here.tops, report)
    if len(report.errors) > before:
        return None
    return Node(
        said.name,
        layer,
        tuple(bottoms),
        here.tops,
        shapes,
        params,
        losses,
        said.propagate_down,
        said.phase or phase,
        bound.tree.block,
        bound.span,
    )


def _shapes(
    layer: Layer, bottoms: list[Shape], tops: tuple[str, ...], given: Mapping[str, Shape]
) -> tuple[Shape, ...]:
    if not layer.source:
        return layer.shapes(bottoms, tops)
    known = [given.get(top) for top in tops]
    if all(shape is not None for shape in known):
        return tuple(shape for shape in known if shape is not None)
    inferred = layer.shapes(bottoms, tops, known[0])
    return tuple(shape if shape is not None else inferred[i] for i, shape in enumerate(known))


def _check_sizes(bound: BoundLayer, shapes: list[Shape], report: Report) -> None:
    for shape in shapes:
        count = 1
        for dimension in shape:
            count *= dimension
        if count > MAX_ELEMENTS:
            written = " x ".join(map(str, shape))
            message = (
                f"a blob of {written} has {count:,} elements; a blob holds at most {MAX_ELEMENTS:,}"
            )
            report.add(
                "N408", message, bound.locate("type"), "check num_output and the input's size"
            )
            return


def _params(
    bound: BoundLayer, layer: Layer, count: int, learned: list[bool], report: Report
) -> tuple[ParamSpec, ...]:
    """The param specs; statistics cannot be learned."""
    params = bound.parameter.params
    if len(params) > count:
        message = (
            f"param is given {len(params)} times, but the layer has {count or 'no'} parameters"
        )
        report.add("N309", message, bound.place_of("param", count), "remove the surplus param")
        return ()
    if count and not any(learned):
        for i, spec in enumerate(params):
            if spec.lr_mult != 0:
                message = f"the statistics of a {type(layer).__name__} layer are not learned, but lr_mult is not 0"
                report.add(
                    "N209",
                    message,
                    bound.place_of("param", i),
                    "write lr_mult: 0, or no param at all",
                )
    return params


def _loss_weights(
    bound: BoundLayer, layer: Layer, tops: tuple[str, ...], report: Report
) -> tuple[float, ...]:
    """One per top, or none; a loss counts 1 unless the file says otherwise (LossLayer::LayerSetUp)."""
    said = bound.parameter.loss_weight
    weights = said or ((1.0,) if layer.loss else ())
    if weights and len(weights) != len(tops):
        message = f"loss_weight is given {len(said) or 'no'} times for {len(tops)} tops"
        report.add(
            "N310",
            message,
            bound.locate("loss_weight"),
            "give one loss_weight for each top: 1 and 0 for a loss",
        )
    return weights
