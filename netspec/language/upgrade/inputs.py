"""`input`, `input_shape` and `input_dim` at the head of a net are an Input layer."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics import Report
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.upgrade.moving import Rebuilt
from netspec.source import Span

HEAD = ("input", "input_shape", "input_dim")
PER_INPUT = 4  # input_dim says num, channels, height and width of each input


def make_input_layer(tree: Message, report: Report) -> Message:
    """The inputs as one layer named `input`, before all others (UpgradeNetInput).

    Inputs without any shape make a layer without one: the caller may give it, as of any input.
    """
    if not any(f.name in HEAD for f in tree.fields):
        return tree
    inputs = list(tree.each("input"))
    shapes, surplus = _shapes(tree, len(inputs), report)
    net = Rebuilt()
    for each in tree.fields:
        if inputs and each.name in ("layer", "input"):
            net.add(_layer(inputs, shapes))
            inputs = []
        if each in surplus:
            net.drop(each)
        elif each.name not in HEAD:
            net.add(each)
    return net.message(tree)


def _shapes(tree: Message, inputs: int, report: Report) -> tuple[list[Field], list[Field]]:
    """A `shape { ... }` for each input, and what Caffe passes over."""
    shapes, dims = list(tree.each("input_shape")), list(tree.each("input_dim"))
    given, each = (shapes, 1) if shapes else (dims, PER_INPUT)
    needed = inputs * each
    surplus = given[needed:] + (dims if shapes else [])
    if given and len(given) < needed:
        name = given[-1].name
        message = f"the inputs need {needed} {name}, found {len(given)}"
        report.add("N174", message, given[-1].span, f"give {each} {name} for each input")
    elif surplus:
        name = surplus[0].name
        message = f"Caffe reads this {name}, and passes over it"
        help = (
            "keep input_shape"
            if surplus[0] in dims and shapes
            else f"give {each} {name} for each input"
        )
        report.add("N570", message, surplus[0].span, help)
    if shapes:
        return [replace(f, name="shape") for f in shapes[:needed]], surplus
    groups = [dims[i : i + PER_INPUT] for i in range(0, min(needed, len(dims)), PER_INPUT)]
    return [_message("shape", [replace(f, name="dim") for f in group]) for group in groups], surplus


def _layer(inputs: list[Field], shapes: list[Field]) -> Field:
    place = inputs[0].span
    tops = [replace(f, name="top") for f in inputs]
    tops[0] = replace(tops[0], before=())
    settings = [_message("input_param", shapes)] if shapes else []
    fields = [_text("name", "input", place), _text("type", "Input", place), *tops, *settings]
    return Field("layer", Message(fields, place), place, inputs[0].before)


def _message(name: str, fields: list[Field]) -> Field:
    return Field(name, Message(fields, fields[0].span), fields[0].span)


def _text(name: str, text: str, span: Span) -> Field:
    return Field(name, Scalar(Kind.STRING, text, span), span)
