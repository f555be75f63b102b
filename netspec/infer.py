"""Wired layers to Nodes: every shape is worked out, without torch and without running anything."""

from __future__ import annotations

import math
from collections.abc import Mapping

from netspec.alignment import lying
from netspec.diagnostics import Diagnostic, Note, Report
from netspec.graph import Node, Value
from netspec.schema.bound import BoundLayer
from netspec.schema.layer import Layer, Shape, Weight
from netspec.schema.net import ParamSpec, Phase
from netspec.schema.setting import Reject
from netspec.schema.unsized import UNSIZED
from netspec.schema.wording import a, spelled, times
from netspec.wire import Wired

MAX_ELEMENTS = 2**31 - 1  # Caffe's blobs count their elements in 32 bits (blob.cpp, Blob::Reshape)


def infer(
    wired: list[Wired],
    given: Mapping[str, Shape],
    phase: Phase,
    report: Report,
    sketch: bool = False,
) -> dict[Node, BoundLayer]:
    """The nodes in running order, each with the layer of the file that it is.

    A layer that depends on a faulty one is left out and not mentioned. In a sketch, what unknown
    layers make, and all that is computed from it, is UNSIZED.
    """
    net = [here.bound.layer for here in wired if here.bound.layer is not None]
    made: dict[int, Node] = {}
    nodes = {}
    for here in wired:
        layer = here.bound.layer
        sources = [(made.get(id(b[0])), b[1]) if b is not None else (None, 0) for b in here.bottoms]
        bottoms = [Value(node, top) for node, top in sources if node is not None]
        if not here.usable or layer is None or len(bottoms) < len(sources):
            continue
        unsized = sketch and not (layer.known and UNSIZED not in (b.shape for b in bottoms))
        node = _node(here, layer, bottoms, net, given, phase, report, unsized)
        if node is not None:
            made[id(here)] = node
            nodes[node] = here.bound
    return nodes


def _node(
    here: Wired,
    layer: Layer,
    bottoms: list[Value],
    net: list[Layer],
    given: Mapping[str, Shape],
    phase: Phase,
    report: Report,
    unsized: bool,
) -> Node | None:
    bound = here.bound
    said = bound.parameter
    before = len(report.errors)
    shapes = tuple(given.get(top, UNSIZED) for top in here.tops)
    params = said.params
    try:
        if not unsized:
            layer = layer.placed(lambda: lying(*bottoms[:2]), net)
            shapes = _shapes(layer, [b.shape for b in bottoms], here.tops, given)
            weights = layer.weights(*(b.shape for b in bottoms))
            for weight in weights:
                weight.check()
            _check_sizes(bound, [*shapes, *(w.shape for w in weights)], report)
            params = _params(bound, layer, weights, report)
    except Reject as reject:
        report.extend([_refusal(bound, reject, bottoms)])
        return None
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


def _refusal(bound: BoundLayer, reject: Reject, bottoms: list[Value]) -> Diagnostic:
    """What a layer says of its bottoms' shapes; where there are several, with their names."""
    notes: tuple[Note, ...] = ()
    if reject.code == "N403":
        notes = tuple(Note(f"{b.blob} is {spelled(b.shape)}") for b in dict.fromkeys(bottoms))
    return Diagnostic(reject.code, reject.message, bound.point(reject), reject.help, notes)


def _shapes(
    layer: Layer, bottoms: list[Shape], tops: tuple[str, ...], given: Mapping[str, Shape]
) -> tuple[Shape, ...]:
    if not layer.makes_data:
        return layer.shapes(bottoms, tops)
    known = [given.get(top) for top in tops]
    if all(shape is not None for shape in known):
        return tuple(shape for shape in known if shape is not None)
    inferred = layer.shapes(bottoms, tops, known[0])
    return tuple(shape if shape is not None else inferred[i] for i, shape in enumerate(known))


def _check_sizes(bound: BoundLayer, shapes: list[Shape], report: Report) -> None:
    for shape in shapes:
        count = math.prod(shape)
        if count > MAX_ELEMENTS:
            message = f"a blob of {spelled(shape)} has {count:,} elements"
            help = f"a blob holds at most {MAX_ELEMENTS:,}: check num_output and the input's size"
            report.add("N408", message, bound.place("type"), help)
            return


def _params(
    bound: BoundLayer, layer: Layer, weights: tuple[Weight, ...], report: Report
) -> tuple[ParamSpec, ...]:
    """The param specs; statistics cannot be learned."""
    params = bound.parameter.params
    if len(params) > len(weights):
        has = {0: "no parameters", 1: "1 parameter"}.get(len(weights), f"{len(weights)} parameters")
        message = f"param is given {times(len(params))}, but the layer has {has}"
        surplus = bound.place("param", len(weights))
        report.add("N309", message, surplus, "remove the surplus param")
        return ()
    for i, (spec, weight) in enumerate(zip(params, weights)):
        if not weight.learned and spec.lr_mult != 0 and not weight.fixed:
            message = f"the {weight.role} of {a(type(layer).__name__)} layer is not learned"
            help = "write lr_mult: 0, or no param at all"
            report.add("N209", message, bound.place("param", i), help)
    return params


def _loss_weights(
    bound: BoundLayer, layer: Layer, tops: tuple[str, ...], report: Report
) -> tuple[float, ...]:
    """One per top, or none; a loss counts 1 unless the file says else (LossLayer::LayerSetUp)."""
    said = bound.parameter.loss_weight
    weights = said or ((1.0,) if layer.loss else ())
    if weights and len(weights) != len(tops):
        made = "1 top" if len(tops) == 1 else f"{len(tops)} tops"
        message = f"loss_weight is given {times(len(said))} for {made}"
        help = "give one for each top: 1 for a loss, 0 for any other"
        report.add("N310", message, bound.place("loss_weight"), help)
    return weights
