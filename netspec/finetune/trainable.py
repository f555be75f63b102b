"""A net that is fed by hand, or only predicts, made one to train: data, loss and accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph, Node, Value
from netspec.language.prototxt.escapes import quote
from netspec.language.prototxt.parse import parse
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.schema.net import Phase
from netspec.source import Source

BATCH = 32
ADVICE = "prepare the images as for the weights: mean_value or mean_file, scale"
LISTS = (".txt", ".lst", ".list")


@dataclass(frozen=True)
class Data:
    """What the net is trained and tested on: lists of images and labels, or LMDB databases."""

    train: str | None = None
    test: str | None = None
    batch: int = BATCH


def trainable(
    tree: Message, graphs: Sequence[Graph], blobs: Mapping[str, str], data: Data
) -> Message:
    """The net with data of its own and a loss. `graphs` are of the net as it was, `blobs` what has
    another name since.

    A net that has data layers keeps them, with another source where one is given. Raises SpecError
    C262 where there is nothing to train on.
    """
    reading = {n.name for g in graphs for n in g.nodes if n.layer.makes_data and not n.layer.fed}
    if reading:
        return _with_sources(tree, graphs, data)
    fed = [n for g in graphs for n in g.nodes if n.layer.fed]
    if data.train is None:
        what = ", ".join(dict.fromkeys(v.blob for n in fed for v in n.values)) or "nothing"
        message = f"the net is fed by hand ({what}): it has no data to be trained on"
        help = "give --train a list of images and labels, or an LMDB database"
        raise SpecError(Diagnostic("C262", message, fed[0].span if fed else tree.span, help))
    return _with_ends(_with_data(tree, fed, data), graphs, blobs, data)


def _with_sources(tree: Message, graphs: Sequence[Graph], data: Data) -> Message:
    new = {
        n.name: source
        for g in graphs
        for n in g.nodes
        if n.layer.makes_data and not n.layer.fed
        if (source := data.train if g.phase is Phase.TRAIN else data.test) is not None
    }
    fields = []
    for field in tree.fields:
        if isinstance(field.value, Message) and field.value.text("name") in new:
            layer = _set_inside(field.value, "source", new[field.value.text("name")])
            field = replace(field, value=layer)
        fields.append(field)
    return replace(tree, fields=fields)


def _set_inside(layer: Message, name: str, text: str) -> Message:
    """A layer with another text for a setting of its own message."""
    fields = []
    for field in layer.fields:
        old = field.value.last(name) if isinstance(field.value, Message) else None
        if old is not None and isinstance(field.value, Message):
            value = Scalar(Kind.STRING, text, old.value.span)
            inner = [replace(f, value=value) if f is old else f for f in field.value.fields]
            field = replace(field, value=replace(field.value, fields=inner))
        fields.append(field)
    return replace(layer, fields=fields)


def _with_data(tree: Message, fed: Sequence[Node], data: Data) -> Message:
    """Data layers in the place of what was fed first, which is the image."""
    image = fed[0].values[0]
    names = {node.name for node in fed}
    sources = [(Phase.TRAIN, data.train)] + ([(Phase.TEST, data.test)] if data.test else [])
    text = "".join(_data_layer(phase, str(source), image, data.batch) for phase, source in sources)
    fields: list[Field] = []
    for field in tree.fields:
        if field.name == "layer" and _name(field) == fed[0].name:
            fields += _in_place(field, text, ADVICE)
        elif field.name != "layer" or _name(field) not in names:
            fields.append(field)
    return replace(tree, fields=fields)


def _data_layer(phase: Phase, source: str, image: Value, batch: int) -> str:
    height, width = image.shape[2:] if len(image.shape) == 4 else (0, 0)
    train = phase is Phase.TRAIN
    mirror = "mirror: true" if train else ""
    head = f'name: "{phase.name.lower()}_data" top: {quote(image.blob)} top: "label"'
    head += f" include {{ phase: {phase.name} }}"
    if Path(source).suffix in LISTS:
        shuffle = "shuffle: true" if train else ""
        size = f"new_height: {height} new_width: {width}" if height else ""
        own = f"source: {quote(source)} batch_size: {batch} {shuffle} {size}"
        own += " is_color: false" if image.shape[1:2] == (1,) else ""
        settings = f'type: "ImageData" image_data_param {{ {own} }}'
        transform = mirror
    else:
        own = f"source: {quote(source)} backend: LMDB batch_size: {batch}"
        settings = f'type: "Data" data_param {{ {own} }}'
        transform = f"crop_size: {height} {mirror}" if height and height == width else mirror
    group = f"transform_param {{ {transform} }}" if transform else ""
    return f"layer {{ {head} {settings} {group} }}\n"


def _with_ends(
    tree: Message, graphs: Sequence[Graph], blobs: Mapping[str, str], data: Data
) -> Message:
    """A loss in the place of each prediction, where the net has none in a phase that it has data
    for, and an accuracy where it is tested.
    """
    predictions = {
        n.name: n for g in graphs for n in g.nodes if n.layer.probabilities and not n.layer.loss
    }
    phases = [Phase.TRAIN, *([Phase.TEST] if data.test else [])]
    losing = {g.phase for g in graphs if g.loss_weights}
    without = [phase for phase in phases if phase not in losing]
    fields: list[Field] = []
    number = 0
    for field in tree.fields:
        node = predictions.get(_name(field)) if field.name == "layer" else None
        if node is None:
            fields.append(field)
            continue
        _require_one_class(node)
        number += 1
        scores = node.bottoms[0].blob
        word = "" if number == 1 else str(number)
        axis = getattr(node.layer, "axis", 1)
        ends = _ends(blobs.get(scores, scores), word, axis, without, phases)
        fields += _in_place(field, ends)
    return replace(tree, fields=fields)


def _require_one_class(prediction: Node) -> None:
    shape = prediction.shapes[0]
    if prod(shape[2:]) > 1:
        message = f"{prediction.name} predicts a class for each of {prod(shape[2:]):,} positions"
        help = "--train gives one for an image: write data layers and a loss into the file"
        raise SpecError(Diagnostic("C262", message, prediction.span, help))


def _ends(
    scores: str, word: str, axis: int, without: Sequence[Phase], phases: Sequence[Phase]
) -> str:
    """A loss for the phases `without` one, and an accuracy; `word` ends their names."""
    bottoms = f'bottom: {quote(scores)} bottom: "label"'

    def layer(kind: str, name: str, message: str, rule: str) -> str:
        over = f"{message} {{ axis: {axis} }}" if axis != 1 else ""
        named = f'name: "{name}{word}" type: "{kind}" {bottoms} top: "{name}{word}"'
        return f"layer {{ {named} {over} {rule} }}\n"

    text = ""
    if without:
        rule = f"include {{ phase: {without[0].name} }}" if len(without) < len(phases) else ""
        text += layer("SoftmaxWithLoss", "loss", "softmax_param", rule)
    if Phase.TEST in phases:
        text += layer("Accuracy", "accuracy", "accuracy_param", "include { phase: TEST }")
    return text


def _in_place(old: Field, text: str, *comments: str) -> list[Field]:
    """The layers of a text in the place of another, under its comments."""
    made = [replace(f, span=old.span) for f in parse(Source("<made>", text)).fields]
    if made:
        made[0].before = (*old.before, *comments)
    return made


def _name(field: Field) -> str:
    return field.value.text("name") if isinstance(field.value, Message) else ""
