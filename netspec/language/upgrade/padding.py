"""V0 nets pad with layers of their own: `padding` is folded into the layer that reads it."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics import Note, Report
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.upgrade.moving import Rebuilt, entries
from netspec.source import Span

PADDED = ("conv", "pool")


def fold_padding(tree: Message, report: Report) -> Message:
    """The net without its padding layers (UpgradeV0PaddingLayers)."""
    if not any(_type(layer) == "padding" for _, layer in entries(tree, "layers")):
        return tree
    paddings: dict[str, tuple[Field, Message]] = {}  # the padding layer that makes a blob
    net = Rebuilt()
    for each in tree.fields:
        layer = each.value
        if each.name != "layers" or not isinstance(layer, Message):
            net.add(each)
            continue
        read = [paddings[blob] for blob in _blobs(layer, "bottom") if blob in paddings]
        for blob in _blobs(layer, "top"):
            paddings.pop(blob, None)
            if _type(layer) == "padding":
                paddings[blob] = (each, layer)
        if read and _fits(each.span, layer, *read[0], report):
            net.add(replace(each, value=_folded(layer, read[0][1])))
        elif _type(layer) == "padding":
            net.drop(each)
        else:
            net.add(each)
    return net.message(tree)


def _type(layer: Message) -> str:
    inner = [message for _, message in entries(layer, "layer")]
    return inner[-1].text("type") if inner else ""


def _blobs(layer: Message, name: str) -> list[str]:
    return [f.value.text for f in layer.each(name) if isinstance(f.value, Scalar)]


def _fits(place: Span, reader: Message, entry: Field, padding: Message, report: Report) -> bool:
    """Whether a layer can take over the padding that it reads."""
    kind = _type(reader)
    wrong = ""
    if kind not in PADDED:
        wrong = f"a {kind} layer reads a padding layer; only conv and pool can be padded"
    elif len(_blobs(reader, "bottom")) != 1:
        wrong = f"a {kind} layer that reads a padding layer has one bottom"
    elif len(_blobs(padding, "bottom")) != 1 or len(_blobs(padding, "top")) != 1:
        wrong = "a padding layer has one bottom and one top"
    if wrong:
        note = Note("the padding layer is here", entry.span)
        report.add("N173", wrong, place, "give the layer a pad of its own", [note])
    return not wrong


def _folded(reader: Message, padding: Message) -> Message:
    """The reader with the padding's bottom and pad."""
    bottom = next(padding.each("bottom"))
    inner = [layer for _, layer in entries(padding, "layer")][-1]
    nothing = Field("pad", Scalar(Kind.NUMBER, "0", inner.span), inner.span)
    last = [f for f, _ in entries(reader, "layer")][-1]
    padded = Rebuilt()
    for each in reader.fields:
        if each.name == "bottom":
            padded.add(replace(each, value=bottom.value))
        elif each.name == "layer" and isinstance(each.value, Message):
            layer = Rebuilt()
            for setting in each.value.fields:
                (layer.drop if setting.name == "pad" else layer.add)(setting)
            if each is last:
                layer.add(replace(inner.last("pad") or nothing, before=(), after=""))
            padded.add(replace(each, value=layer.message(each.value)))
        else:
            padded.add(each)
    return padded.message(reader)
