"""Layers of a tree changed: named anew, with other classes, learned faster or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from netspec.finetune.heads import OUTPUTS, Head
from netspec.graph import Node
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.schema.layer import Family
from netspec.source import Span

FASTER = 10.0  # how much faster the head learns (Caffe's finetune_flickr_style)
OF_ONE = ("name", "type", "bottom", "top", "phase", "loss_weight")  # before `param`, by custom
NAMED = ("bottom", "top")
TOP_K = "top_k"


@dataclass(frozen=True)
class Change:
    """What becomes of one layer; None stays as it is.

    `rates` multiply the learning rate of each of its parameters, `frozen` sets them to 0.
    """

    name: str | None = None
    classes: int | None = None
    grouped: bool = False  # each class by itself: group is as large as num_output
    rates: tuple[float, ...] | None = None
    top_k: int | None = None  # of an accuracy
    frozen: int = 0  # how many parameters are
    statistics: bool = False  # normalises by stored statistics, in training too


def of_head(head: Head, name: str, classes: int) -> Change:
    """A new layer in the place of a head's, with fresh parameters that learn fast."""
    node = head.node
    learned = (i for i, weight in enumerate(node.weights) if weight.learned)
    return Change(
        name,
        classes if head.classes is not None else None,
        1 < getattr(node.layer, "group", 1) == head.classes,
        rates=tuple(FASTER * (node.multipliers(i)[0] or 1.0) for i in learned),
    )


def of_accuracy(node: Node, classes: int) -> Change | None:
    """An accuracy among more classes than there are now is one among all."""
    above = node.layer.family is Family.LOSS and getattr(node.layer, TOP_K, 0) > classes
    return Change(top_k=classes) if above else None


def of_frozen(node: Node) -> Change:
    """A layer that is kept as it was trained."""
    learned = sum(weight.learned for weight in node.weights)
    stored = node.layer.batch_statistics and "use_global_stats" in node.layer.settings
    return Change(frozen=learned, statistics=stored)


def changed(tree: Message, changes: Mapping[str, Change], blobs: Mapping[str, str]) -> Message:
    """A tree with changed layers, by their names, and blobs under other names.

    What does not change stays the same object.
    """
    fields = []
    for field in tree.fields:
        layer = field.value
        if field.name == "layer" and isinstance(layer, Message):
            change = changes.get(layer.text("name"))
            if any(_is_renamed(f, blobs) for f in layer.fields):
                layer = _renamed(layer, blobs)
            layer = _applied(layer, change) if change else layer
            field = field if layer is field.value else replace(field, value=layer)
        fields.append(field)
    return replace(tree, fields=fields)


def _is_renamed(field: Field, blobs: Mapping[str, str]) -> bool:
    named = field.name in NAMED and isinstance(field.value, Scalar)
    return named and field.value.text in blobs


def _renamed(layer: Message, blobs: Mapping[str, str]) -> Message:
    fields = [
        replace(f, value=f.value._replace(text=blobs[f.value.text]))
        if isinstance(f.value, Scalar) and _is_renamed(f, blobs)
        else f
        for f in layer.fields
    ]
    return replace(layer, fields=fields)


def _applied(layer: Message, change: Change) -> Message:
    fields = list(layer.fields)
    if change.name is not None:
        fields = _with_text(fields, "name", change.name)
    if change.classes is not None:
        number = Scalar(Kind.NUMBER, str(change.classes), layer.span)
        for setting in (OUTPUTS, "group") if change.grouped else (OUTPUTS,):
            fields = _with_inner(fields, setting, number)
    if change.top_k is not None:
        fields = _with_inner(fields, TOP_K, Scalar(Kind.NUMBER, str(change.top_k), layer.span))
    rates = change.rates if change.rates is not None else (0.0,) * change.frozen
    if rates:
        fields = _with_rates(fields, rates, layer.span)
    if change.statistics:
        word = Scalar(Kind.NAME, "true", layer.span)
        fields = _with_inner(fields, "use_global_stats", word, "batch_norm_param")
    return replace(layer, fields=fields)


def _with_text(fields: list[Field], name: str, text: str) -> list[Field]:
    return [
        replace(f, value=f.value._replace(text=text))
        if f.name == name and isinstance(f.value, Scalar)
        else f
        for f in fields
    ]


def _with_inner(fields: list[Field], name: str, value: Scalar, message: str = "") -> list[Field]:
    """A setting inside the layer's own message, in the place of the one that is there."""
    made, done = [], False
    for field in fields:
        inner = field.value
        if isinstance(inner, Message) and (inner.last(name) or field.name == message):
            rest = [f for f in inner.fields if f.name != name]
            at = next((i for i, f in enumerate(inner.fields) if f.name == name), len(rest))
            old = inner.last(name)
            new = replace(old, value=value) if old else Field(name, value, value.span)
            field = replace(field, value=replace(inner, fields=[*rest[:at], new, *rest[at:]]))
            done = True
        made.append(field)
    if not done and message:
        own = Message([Field(name, value, value.span)], value.span)
        made.append(Field(message, own, value.span))
    return made


def _with_rates(fields: list[Field], rates: tuple[float, ...], span: Span) -> list[Field]:
    """`param` for each parameter: those that are written keep their name and decay_mult."""
    written = [f for f in fields if f.name == "param"]
    params = []
    for i, rate in enumerate(rates):
        old = written[i] if i < len(written) else Field("param", Message([], span), span)
        assert isinstance(old.value, Message)
        said = {"lr_mult": rate} if rate else {"lr_mult": 0.0, "decay_mult": 0.0}
        kept = [f for f in old.value.fields if f.name not in said]
        at = next((j for j, f in enumerate(kept) if f.name == "decay_mult"), len(kept))
        new = [_number(name, value, span) for name, value in said.items()]
        params.append(replace(old, value=replace(old.value, fields=[*kept[:at], *new, *kept[at:]])))
    rest = [f for f in fields if f.name != "param"]
    first = next((i for i, f in enumerate(rest) if f.name not in OF_ONE), len(rest))
    return [*rest[:first], *params, *written[len(rates) :], *rest[first:]]


def _number(name: str, value: float, span: Span) -> Field:
    return Field(name, Scalar(Kind.NUMBER, f"{value:g}", span), span)
