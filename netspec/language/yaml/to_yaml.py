"""A tree of prototxt's fields to YAML text: what follows from the layer before is left out.

Reading the text back (expand_net, resolve_net) gives the same layers with the same fields.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

from netspec.diagnostics import Diagnostic, SpecError
from netspec.language.blocks.block import ENTRY_WORDS
from netspec.language.blocks.chain import Blobs, link
from netspec.language.blocks.layer_fields import is_on_layer
from netspec.language.blocks.library import SECTIONS
from netspec.language.blocks.naming import written_name
from netspec.language.facts import Facts, LayerFacts
from netspec.language.tree import Field, Message, Scalar
from netspec.language.yaml.nodes import Core, Item, Leaf, Mapping, Node, Sequence
from netspec.language.yaml.to_nodes import key, to_items
from netspec.language.yaml.words import head_kind, layer_kinds
from netspec.language.yaml.writer import write_yaml
from netspec.source import Span

WIRING = ("name", "bottom", "top")
INPUT = ("input_param", "name", "top", "type")  # all that an entry of `inputs:` can say


def to_yaml(net: Message, facts: Facts, common: Collection[str]) -> str:
    """A net as a YAML spec; raises SpecError (N161) for what no spec can say."""
    for each in net.fields:
        if each.name in SECTIONS:
            help = "upgrade the net to today's form first" if each.name == "layers" else ""
            raise _unwritable(f"a spec cannot hold the field {each.name}", each.span, help)
    return write_yaml(NetWriter(facts, common).net(net))


def settings_to_yaml(message: Message) -> str:
    """Any message as YAML, setting by setting, such as a solver: what parse_yaml reads."""
    items = to_items(message.fields, lambda path: None, computed=False)
    return write_yaml(Mapping(items, span=message.span, tail=message.tail))


class NetWriter:
    """Writes one net. `current` is what a layer without `bottom` reads, as in the expander."""

    def __init__(self, facts: Facts, common: Collection[str]) -> None:
        self.facts, self.common = facts, common
        self.current: Blobs = ()

    def net(self, net: Message) -> Mapping:
        items = to_items([f for f in net.fields if f.name != "layer"], head_kind)
        layers = list(net.each("layer"))
        inputs = _leading_inputs(layers)
        if inputs:
            section = Mapping(inputs, span=net.span, flow=True)
            items.append(Item(section, key("inputs", net.span)))
            self.current = (inputs[0].name,)
        entries = [self.entry(layer) for layer in layers[len(inputs) :]]
        items.append(Item(Sequence(entries, net.span), key("layers", net.span)))
        return Mapping(items, span=net.span, tail=net.tail)

    def entry(self, field: Field) -> Item:
        """`- Type: {settings}` for one layer."""
        layer = field.value
        if not isinstance(layer, Message):
            raise _unwritable("a layer is a message", field.value.span)
        type = layer.last("type")
        if type is None or not isinstance(type.value, Scalar):
            raise _unwritable("the layer has no type", field.span, 'write type: "Convolution"')
        facts = self.facts.get(type.value.text)
        words = self.wiring(layer, facts)
        wiring = [_wire(word, layer) for word in words]
        silent = [f for f in layer.fields if f.name == "type" or f.name in set(WIRING) - set(words)]
        settings = self.settings(
            [f for f in layer.fields if f.name not in (*WIRING, "type")], facts
        )
        tail = (*settings.tail, *layer.tail)
        value = Mapping([*wiring, *settings.items], span=layer.span, flow=True, tail=tail)
        pair = Item(value, key(type.value.text, layer.span), after=field.after)
        before = (*field.before, *_comments(silent))
        return Item(Mapping([pair], span=layer.span), before=before)

    def wiring(self, layer: Message, facts: LayerFacts | None) -> list[str]:
        """Which of name, bottom and top have to be written, for the layer to be joined as it is."""
        name, bottoms, tops = layer.text("name"), _blobs(layer, "bottom"), _blobs(layer, "top")
        conditional = any(f.name in ("include", "exclude") for f in layer.fields)
        if facts is None:
            self.current = tops[:1] or self.current
            return list(WIRING)
        for bottom in (None, bottoms):
            for top in (None, tops):
                made = link(facts, name, self.current, bottom, top, conditional)
                if made is None or (made.bottoms, made.tops) != (bottoms, tops):
                    continue
                if name or top is not None:
                    self.current = made.after
                    written = zip(WIRING, (name, bottom, top))
                    return [word for word, value in written if value is not None]
        raise AssertionError("bottom and top written out say everything")

    def settings(self, fields: list[Field], facts: LayerFacts | None) -> Settings:
        """Entries for all that is not wiring: settings of the type bare where they can be."""
        kinds = layer_kinds(facts)
        own = [f for f in fields if facts is not None and f.name == facts.message]
        message = own[0].value if len(own) == 1 else None
        if facts is None or not isinstance(message, Message) or not message.fields:
            return Settings(to_items(fields, kinds), ())
        rest = [f for f in fields if f not in own]
        elsewhere = {*self.common, *ENTRY_WORDS, *facts.groups, *(f.name for f in rest)}
        bare = all(f.name in facts.settings and f.name not in elsewhere for f in message.fields)
        if not bare or not all(is_on_layer(f.name, facts, self.common) for f in rest):
            return Settings(to_items(fields, kinds), ())
        items = to_items(message.fields, kinds, path=(own[0].name,))
        items[0].before = own[0].before + items[0].before
        after = (own[0].after,) if own[0].after else ()
        return Settings([*items, *to_items(rest, kinds)], (*message.tail, *after))


class Settings(NamedTuple):
    """Entries of a layer, and the comments that close them."""

    items: list[Item]
    tail: tuple[str, ...]


def _blobs(layer: Message, word: str) -> Blobs:
    return tuple(f.value.text for f in layer.each(word) if isinstance(f.value, Scalar))


def _wire(word: str, layer: Message) -> Item:
    """The entry for name, bottom or top: empty where the layer has none and that has to be said."""
    fields = [
        replace(f, value=f.value._replace(text=written_name(f.value.text)))
        for f in layer.each(word)
        if isinstance(f.value, Scalar)
    ]
    items = to_items(fields[-1:] if word == "name" else fields, layer_kinds(None))
    nothing: Node = Sequence([], layer.span)
    if word == "name":
        nothing = Leaf(Core.TEXT, "", layer.span)
    return items[0] if items else Item(nothing, key(word, layer.span))


def _leading_inputs(layers: list[Field]) -> list[Item]:
    """Entries of `inputs:` for the Input layers that a net begins with, where they fit there."""
    items: dict[str, Item] = {}
    for field in layers:
        item = _input(field)
        if item is None or item.name in items:
            break
        items[item.name] = item
    return list(items.values())


def _input(field: Field) -> Item | None:
    """`data: [1, 3, 224, 224]` for an Input layer of one blob that bears its name, else None."""
    layer = field.value
    if not isinstance(layer, Message) or sorted(f.name for f in layer.fields) != list(INPUT):
        return None
    name = layer.text("name")
    shapes = [f.value for f in _fields(layer, "input_param")]
    dims = [f for shape in shapes if isinstance(shape, Message) for f in shape.fields]
    if layer.text("type") != "Input" or not name or layer.text("top") != name or len(shapes) != 1:
        return None
    if any(f.name != "dim" or isinstance(f.value, Message) for f in dims):
        return None
    listed = to_items([replace(f, before=(), after="") for f in dims], layer_kinds(None))
    value = listed[0].value if listed else Sequence([], layer.span)
    if isinstance(value, Leaf):
        value = Sequence([Item(value)], layer.span, flow=True)
    comments = (*field.before, *_comments(layer.fields), *layer.tail)
    return Item(value, key(name, layer.span), comments, field.after)


def _fields(message: Message, name: str) -> list[Field]:
    """What stands inside the messages of a name."""
    inside = [f.value for f in message.each(name)]
    return [f for value in inside if isinstance(value, Message) for f in value.fields]


def _comments(fields: list[Field]) -> Iterator[str]:
    """Every comment on some fields and inside them, in file order."""
    for each in fields:
        yield from each.before
        if isinstance(each.value, Message):
            yield from _comments(each.value.fields)
            yield from each.value.tail
        if each.after:
            yield each.after


def _unwritable(message: str, span: Span, help: str = "") -> SpecError:
    return SpecError(Diagnostic("N161", message, span, help))
