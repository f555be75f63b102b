"""The layers of a deploy net that stand in the place of others: an Input, a prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from netspec.diagnostics import Report
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.upgrade.moving import Rebuilt
from netspec.layers.input import input_of
from netspec.schema.bound import BoundLayer
from netspec.schema.layer import Layer
from netspec.schema.setting import Reject
from netspec.source import Span

RULES = ("include", "exclude")


def without_rules(layer: Field) -> Field:
    """A layer that is there in every state; comments on its rules stay."""
    assert isinstance(layer.value, Message)
    if not any(f.name in RULES for f in layer.value.fields):
        return layer
    made = Rebuilt()
    for field in layer.value.fields:
        (made.drop if field.name in RULES else made.add)(field)
    return replace(layer, value=made.message(layer.value))


def prediction_field(loss: Field, prediction: Layer, name: str, top: str) -> Field:
    """The prediction in a loss's place; it reads what the loss reads first."""
    assert isinstance(loss.value, Message)
    bottom = next(loss.value.each("bottom"))
    return _layer(loss, prediction, name, [bottom], [top])


def input_field(
    source: Field,
    bound: BoundLayer,
    tops: list[str],
    shapes: Mapping[str, Sequence[int]],
    report: Report,
) -> Field:
    """An Input that makes tops of a source, or the Input that the source is already.

    A batch has one item unless the shape is given. A shape that is not known goes to the report.
    """
    assert bound.layer is not None
    every = bound.parameter.top
    known = {top: tuple(shapes[top]) for top in tops if top in shapes}
    unchanged = tops == list(every) and not known
    if len(known) < len(tops):
        first = tuple(shapes[every[0]]) if every[0] in shapes else None
        try:
            found = bound.layer.shapes((), every, first)
        except Reject as reject:
            help = " ".join(f"--shape {top}=1,..." for top in tops if top not in known)
            report.add("N410", reject.message, bound.point(reject), f"give it: {help}")
            return source
        for top, shape in zip(every, found):
            known.setdefault(top, shape if bound.layer.fed else (1, *shape[1:]))
    made = input_of([known[top] for top in tops])
    if unchanged and type(made) is type(bound.layer):
        return without_rules(source)
    field = _layer(source, made, bound.parameter.name or tops[0], [], tops)
    return replace(field, before=(*source.before, *_preparation(bound)))


def _preparation(bound: BoundLayer) -> Iterator[str]:
    """What the source did to its images, as comments: the caller has to do it now."""
    assert bound.layer is not None
    written = [_bare(f) for name in bound.layer.groups() for f in bound.tree.each(name)]
    if written:
        yield f"prepared by a {type(bound.layer).__name__} layer before:"
        yield from print_prototxt(Message(written, bound.span)).splitlines()


def _bare(field: Field) -> Field:
    """A field without its comments."""
    value = field.value
    if isinstance(value, Message):
        value = Message([_bare(f) for f in value.fields], value.span)
    return Field(field.name, value, field.span)


def _layer(old: Field, layer: Layer, name: str, bottoms: list[Field], tops: list[str]) -> Field:
    def text(field: str, value: str) -> Field:
        return Field(field, Scalar(Kind.STRING, value, old.span), old.span)

    fields = [text("name", name), text("type", type(layer).__name__), *bottoms]
    fields += [text("top", top) for top in tops]
    fields += [_at(field, old.span) for field in layer.unbind_fields()]
    return replace(old, value=Message(fields, old.value.span))


def _at(field: Field, span: Span) -> Field:
    """A field that was made, with the place that it is made for, where diagnostics can point."""
    value = field.value
    if isinstance(value, Message):
        return Field(field.name, Message([_at(f, span) for f in value.fields], span), span)
    return Field(field.name, value._replace(span=span), span)
