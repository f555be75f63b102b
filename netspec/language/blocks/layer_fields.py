"""Where the settings of a layer entry go: onto the layer, or into the message of its type."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from netspec.diagnostics import Report
from netspec.language.blocks.block import ENTRY_WORDS, is_missing
from netspec.language.blocks.entries import Text, Use
from netspec.language.blocks.scope import Scope, is_expression
from netspec.language.facts import LayerFacts
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.yaml.messages import to_fields
from netspec.language.yaml.nodes import Item, Leaf, Mapping, describe


def layer_fields(
    use: Use, facts: LayerFacts, common: Collection[str], report: Report
) -> list[Field]:
    """The fields of a layer other than its name, type, blobs and rules.

    Settings of the type go into its message; what is written as a message of its own stays so.
    """
    on_layer: list[Field] = []
    inside: list[Field] = []
    scope = use.inner
    bare = facts.message is not None and use.word(facts.message) is None
    for item in use.settings.items:
        if item.name in ENTRY_WORDS:
            continue
        if not _is_inside(item.name, facts, common, bare):
            on_layer += to_fields(item, scope, report)
        elif is_missing(item.value) and facts.kind_of((item.name,)) is not None:
            report.add("N138", f"{item.name} has no value", scope.span(item.span))
        else:
            inside += to_fields(item, scope, report)
    if not inside or facts.message is None:
        return on_layer + inside
    for each in on_layer:
        if each.name == facts.message and isinstance(each.value, Message):
            each.value.fields[:0] = inside
            return on_layer
    return [*on_layer, Field(facts.message, Message(inside, use.span), use.span)]


def _is_inside(name: str, facts: LayerFacts, common: Collection[str], bare: bool) -> bool:
    """Whether a name belongs into the type's message.

    One that is not known goes where its nearest name does, or stays where the message itself is
    written out (it is not `bare`).
    """
    if is_on_layer(name, facts, common) or facts.message is None:
        return False
    if name in facts.settings:
        return True
    if not bare:
        return False
    close = difflib.get_close_matches(name, [*facts.settings, *common, *ENTRY_WORDS], n=1)
    return not close or close[0] in facts.settings


def is_on_layer(name: str, facts: LayerFacts, common: Collection[str]) -> bool:
    """Whether a name belongs on the layer itself: a field that all layers have, or a message."""
    if name in common or name in facts.groups or name == facts.message:
        return True
    return name.endswith("_param") and name not in facts.settings


def text_fields(name: str, texts: list[Text]) -> list[Field]:
    """A field for each text, with its comments."""
    return [
        Field(name, Scalar(Kind.WORD, text, span), span, before, after)
        for text, span, before, after in texts
    ]


def input_layer(item: Item, scope: Scope, report: Report) -> list[Field]:
    """The Input layer for an entry of `inputs: {data: [1, 3, 224, 224]}`."""
    assert item.key is not None
    span, node = item.span, scope.structure(item.value)[0]
    if isinstance(node, Mapping) or (isinstance(node, Leaf) and not is_expression(node)):
        help = f"write `{item.name}: [1, 3, 224, 224]`"
        message = f"the shape of {item.name} is a list, found {describe(node)}"
        report.add("N142", message, node.span, help)
        return []
    dims = to_fields(Item(item.value, item.key._replace(text="dim")), scope, report)
    shape = Message([Field("shape", Message(dims, span), span)], span)
    name = Scalar(Kind.WORD, item.name, span)
    fields = [
        Field("name", name, span),
        Field("type", Scalar(Kind.WORD, "Input", span), span),
        Field("top", name, span),
        Field("input_param", shape, span),
    ]
    return [Field("layer", Message(fields, span), span, item.before, item.after)]
