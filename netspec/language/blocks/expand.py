"""A YAML spec to the net that it means: a tree as prototxt would have written it.

Each of `inputs` becomes an Input layer, and each entry of `layers` follows the one before it:

    name: LeNet
    inputs: {data: [1, 1, 28, 28]}
    layers:
      - Convolution: {num_output: 20, kernel_size: 5}
      - Pooling: {pool: MAX, kernel_size: 2, stride: 2}
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import chain

from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.language.blocks.chain import Blobs
from netspec.language.blocks.entries import refusal
from netspec.language.blocks.expander import Expander, Place
from netspec.language.blocks.layer_fields import input_layer
from netspec.language.blocks.library import Document, Library, Reader
from netspec.language.facts import Facts
from netspec.language.read import read as read_file
from netspec.language.tree import Field, Message
from netspec.language.yaml.messages import to_fields
from netspec.language.yaml.nodes import Item, Mapping, Sequence, describe
from netspec.source import Source

FaultsOf = Callable[[Field], Iterable[Diagnostic]]
MOST_LOOKED_AT = 2000  # layers of a file that is at fault


def expand_net(
    source: Source,
    facts: Facts,
    common: Collection[str],
    read: Reader = read_file,
    faults_of: FaultsOf | None = None,
) -> Message:
    """The net that a YAML spec means, as a tree of prototxt's fields.

    `common` names the fields that every layer has; `read` opens the files of `use:`. Texts stay
    WORDs (netspec.language.yaml.words resolves them). Raises SpecError with every mistake found:
    then also with `faults_of` each layer that could be written out.
    """
    report = Report()
    document = Library(facts, report, read).open(source)
    message = Message([], document.root.span)
    expander = Expander(facts, common, report)
    try:
        message = _net(document, expander)
    except SpecError as error:
        report.extend(error.diagnostics)
    if report.errors and faults_of is not None:
        for layer in expander.whole[:MOST_LOOKED_AT]:
            report.extend(faults_of(layer))
    first = {(d.code, d.span and d.span[:3]): d for d in reversed(report.diagnostics)}
    distinct = Report()
    distinct.extend(first.values())
    distinct.stop()
    return message


def _net(document: Document, expander: Expander) -> Message:
    """The net's own settings, an Input layer for each of `inputs`, then `layers`."""
    root, scope, made = document.root, document.scope, expander.layers
    for item in document.settings():
        if item.name == "input" and isinstance(item.value, Mapping):
            message = "input takes the name of a blob, found a mapping"
            raise refusal("N142", message, item.span, "write `inputs: {data: [1, 3, 224, 224]}`")
    heads = [to_fields(item, scope, expander.report) for item in document.settings()]
    inputs, layers = root.get("inputs"), root.get("layers")
    current = _inputs(inputs, document, expander) if inputs is not None else ()
    if layers is None:
        start = root.items[0].span if root.items else root.span
        raise refusal("N142", "the file has no layers", start, "write `layers: [...]`")
    expander.sequence(layers.value, scope, Place(current=current))
    if made:
        opening = (section.before for section in (inputs, layers) if section is not None)
        made[0].before = (*chain.from_iterable(opening), *made[0].before)
    tail = layers.value.tail if isinstance(layers.value, Sequence) else ()
    return Message([*chain.from_iterable(heads), *made], root.span, tail + root.tail)


def _inputs(section: Item, document: Document, expander: Expander) -> Blobs:
    """Write the layers of `inputs:`; the chain begins at the first."""
    if not isinstance(section.value, Mapping):
        message = f"inputs takes blobs and their shapes, found {describe(section.value)}"
        help = "write `inputs: {data: [1, 3, 224, 224]}`"
        raise refusal("N142", message, section.value.span, help)
    for item in section.value.items:
        expander.layers += input_layer(item, document.scope, expander.report)
        expander.blobs.add(item.name)
    return tuple(item.name for item in section.value.items[:1])
