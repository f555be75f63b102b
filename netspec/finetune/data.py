"""What a net is trained and tested on: its own data layers with other sources, or new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
LABEL = "label"


@dataclass(frozen=True)
class Data:
    """Lists of images and labels, or LMDB databases.

    `transform` is prototxt for the transform_param of new data layers.
    """

    train: str | None = None
    test: str | None = None
    batch: int = BATCH
    transform: str = ""

    @property
    def sources(self) -> dict[Phase, str]:
        given = {Phase.TRAIN: self.train, Phase.TEST: self.test}
        return {phase: source for phase, source in given.items() if source is not None}


def reads(graph: Graph) -> list[Node]:
    """The data layers of a net, which read their data themselves."""
    return [node for node in graph.nodes if node.layer.makes_data and not node.layer.fed]


def with_sources(tree: Message, graphs: Sequence[Graph], data: Data) -> Message:
    """A net whose data layers read other sources, in the phases that have one.

    Raises SpecError C262 where a database is given for a list, or a list for a database.
    """
    new = {}
    for graph in graphs:
        for node in reads(graph) if graph.phase in data.sources else ():
            new[node.name] = data.sources[graph.phase]
            _require_same_kind(node, new[node.name])
    fields = []
    for field in tree.fields:
        if isinstance(field.value, Message) and name_of(field) in new:
            field = replace(field, value=_with_source(field.value, new[name_of(field)]))
        fields.append(field)
    return replace(tree, fields=fields)


def _require_same_kind(node: Node, source: str) -> None:
    reads_list, is_list = "new_height" in node.layer.settings, _is_list(source)
    if reads_list != is_list and (reads_list or "backend" in node.layer.settings):
        reading = "a list of images" if reads_list else "a database"
        message = f"{node.name} reads {reading}, and {source} is {'' if is_list else 'no '}list"
        help = "`netspec data make` makes a database of a list; or change the layer's type"
        raise SpecError(Diagnostic("C262", message, node.span, help))


def _is_list(source: str) -> bool:
    return Path(source).suffix in LISTS


def _with_source(layer: Message, source: str) -> Message:
    fields = []
    for field in layer.fields:
        old = field.value.last("source") if isinstance(field.value, Message) else None
        if old is not None and isinstance(field.value, Message):
            value = Scalar(Kind.STRING, source, old.value.span)
            inner = [replace(f, value=value) if f is old else f for f in field.value.fields]
            field = replace(field, value=replace(field.value, fields=inner))
        fields.append(field)
    return replace(layer, fields=fields)


def with_data(tree: Message, graphs: Sequence[Graph], data: Data) -> Message:
    """A net that was fed by hand, with data layers in the place of the image that it was fed.

    Raises SpecError C262 where there is nothing to train on.
    """
    fed = [value for graph in graphs for value in _fed(graph)]
    label = next((b for graph in graphs if (b := _label(graph))), LABEL)
    image = next((value for value in fed if value.blob != label), None)
    if data.train is None or image is None:
        what = ", ".join(dict.fromkeys(value.blob for value in fed)) or "nothing"
        message = f"the net is fed by hand ({what}): it has no data to be trained on"
        help = "give --train a list of images and labels, or an LMDB database"
        raise SpecError(Diagnostic("C262", message, fed[0].node.span if fed else tree.span, help))
    text = "".join(
        _data_layer(phase, source, image, label, data) for phase, source in data.sources.items()
    )
    names = {value.node.name for value in fed}
    fields: list[Field] = []
    for field in tree.fields:
        if field.name == "layer" and name_of(field) == image.node.name:
            fields += in_place(field, text, "" if data.transform else ADVICE)
        elif field.name != "layer" or name_of(field) not in names:
            fields.append(field)
    return replace(tree, fields=fields)


def _fed(graph: Graph) -> list[Value]:
    return [value for node in graph.nodes if node.layer.fed for value in node.values]


def _label(graph: Graph) -> str:
    """The blob that a loss is fed, or an empty string."""
    losses = (node for node in graph.nodes if node.layer.loss and len(node.bottoms) > 1)
    return next((n.bottoms[1].blob for n in losses if n.bottoms[1].node.layer.fed), "")


def _data_layer(phase: Phase, source: str, image: Value, label: str, data: Data) -> str:
    height, width = image.shape[2:] if len(image.shape) == 4 else (0, 0)
    train = phase is Phase.TRAIN
    head = f'name: "{phase.name.lower()}_data" top: {quote(image.blob)} top: {quote(label)}'
    head += f" include {{ phase: {phase.name} }}"
    own = [f"source: {quote(source)} batch_size: {data.batch}"]
    transform = [data.transform] if data.transform else []
    transform += ["mirror: true"] if train and "mirror" not in data.transform else []
    if _is_list(source):
        kind, message = "ImageData", "image_data_param"
        own += ["shuffle: true"] if train else []
        own += [f"new_height: {height} new_width: {width}"] if height else []
        own += ["is_color: false"] if image.shape[1:2] == (1,) else []
    else:
        kind, message = "Data", "data_param"
        own += ["backend: LMDB"]
        transform += [f"crop_size: {height}"] if height and height == width else []
    group = f"transform_param {{ {' '.join(transform)} }}" if transform else ""
    return f'layer {{ {head} type: "{kind}" {message} {{ {" ".join(own)} }} {group} }}\n'


def in_place(old: Field, text: str, comment: str = "") -> list[Field]:
    """The layers of a text in the place of another, under its comments; one more in the first."""
    made = [replace(f, span=old.span) for f in parse(Source("<made>", text)).fields]
    if made and isinstance(made[0].value, Message):
        made[0].before = old.before
        made[0].value.tail = (comment,) if comment else ()
    return made


def name_of(field: Field) -> str:
    """The name of a layer, or an empty string."""
    return field.value.text("name") if isinstance(field.value, Message) else ""
