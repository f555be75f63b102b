"""A BatchNorm with three `param` is of the time when its statistics were held still by hand."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics import Report
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.upgrade.moving import change_each, entries

FROZEN = ("lr_mult", "decay_mult")
STATISTICS = 3  # mean, variance, and the factor that both are divided by


def freeze_batch_norm(tree: Message, report: Report) -> Message:
    """lr_mult and decay_mult 0 for a BatchNorm with three `param` (UpgradeNetBatchNorm)."""
    return change_each(tree, "layer", _frozen)


def _frozen(layer: Message) -> Message:
    if layer.text("type") != "BatchNorm" or len(list(entries(layer, "param"))) != STATISTICS:
        return layer
    return change_each(layer, "param", _still)


def _still(spec: Message) -> Message:
    fields = [replace(f, value=_zero(f.value)) if f.name in FROZEN else f for f in spec.fields]
    for name in FROZEN:
        if spec.last(name) is None:
            fields.append(Field(name, Scalar(Kind.NUMBER, "0", spec.span), spec.span))
    return replace(spec, fields=fields)


def _zero(value: Scalar | Message) -> Scalar | Message:
    """0 for a number other than zero; what is no number is for binding to refuse."""
    if (
        not isinstance(value, Scalar)
        or value.kind is not Kind.NUMBER
        or not value.text.strip("-0.fF")
    ):
        return value
    return Scalar(Kind.NUMBER, "0", value.span)
