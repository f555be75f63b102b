"""A tree to typed layers: every field is read by its declaration, every fault reported.

A layer that the state leaves out is read as protobuf would read it, and no further: Caffe never makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.diagnostics import Report, nearest
from netspec.language.tree import Field, Message, Scalar
from netspec.schema.layer import Layer
from netspec.schema.net import LayerParameter, NetHead, NetState
from netspec.source import Span

OBSOLETE = {"blobs": "weights belong in a .caffemodel"}
SPELLING = ("N202", "N203", "N204", "N205", "N206")  # what is wrong whatever the layer is used for


@dataclass(frozen=True, eq=False)
class BoundLayer:
    """A layer of the file. `layer` is None where its settings could not be used or the state leaves it out.

    `tree` is where it is written, `span` where it begins.
    """

    parameter: LayerParameter
    layer: Layer | None
    tree: Message
    span: Span
    included: bool = True

    def locate(self, setting: str) -> Span:
        """Where one of its settings is written, or else where the layer begins."""
        if self.layer is not None and setting in self.layer.settings:
            declared = self.layer.settings[setting]
            inside = [self.tree]
            if not declared.on_layer and self.layer.message:
                inside = [
                    f.value
                    for f in self.tree.each(self.layer.message)
                    if isinstance(f.value, Message)
                ]
            for message in reversed(inside):
                for each in reversed(message.fields):
                    if each.name in declared.fields:
                        return each.span
        found = self.tree.last(setting) or self.tree.last("type")
        return found.span if found else self.span

    def place_of(self, name: str, index: int) -> Span:
        """The span of the value of the index-th `bottom`, `top`, `param` ... field."""
        found = list(self.tree.each(name))
        if index < len(found):
            return found[index].value.span
        return self.locate(name)


@dataclass(frozen=True)
class BoundNet:
    """A file's head and its layers in file order."""

    head: NetHead
    layers: list[BoundLayer]
    tree: Message = field(repr=False)


def bind_net(
    tree: Message, types: Mapping[str, type[Layer]], state: NetState, report: Report
) -> BoundNet:
    """Bind a whole net in today's form; older forms are upgraded before."""
    head = NetHead.bind(
        Message([f for f in tree.fields if f.name != "layer"], tree.span), report, tree.span
    )
    bound = [bind_layer(f, types, state, report) for f in tree.each("layer")]
    return BoundNet(head or NetHead(), [b for b in bound if b is not None], tree)


def bind_layer(
    entry: Field, types: Mapping[str, type[Layer]], state: NetState, report: Report
) -> BoundLayer | None:
    """Bind one `layer { ... }`; None where not even its name and wiring can be read."""
    if not isinstance(entry.value, Message):
        report.add("N204", "layer: expected a message", entry.value.span, "write layer { ... }")
        return None
    tree = entry.value
    common = [f for f in tree.fields if f.name in LayerParameter.by_field]
    parameter = LayerParameter.bind(Message(common, tree.span), report, entry.span)
    found = Report()
    cls = _type(tree, types, found)
    layer = _read(cls, tree, types, entry.span, found)
    included = parameter is None or is_included(parameter, state)
    report.extend(d for d in found.diagnostics if included or d.code in SPELLING)
    return (
        BoundLayer(parameter, layer, tree, entry.span, included) if parameter is not None else None
    )


def is_included(parameter: LayerParameter, state: NetState) -> bool:
    """Whether a layer is in the net of a state (Net::FilterNet)."""
    if parameter.include:
        return any(rule.holds(state) for rule in parameter.include)
    return not any(rule.holds(state) for rule in parameter.exclude)


def _read(
    cls: type[Layer] | None,
    tree: Message,
    types: Mapping[str, type[Layer]],
    place: Span,
    report: Report,
) -> Layer | None:
    own = []
    for each in tree.fields:
        if each.name in LayerParameter.by_field:
            continue
        if cls is not None and (each.name == cls.message or each.name in cls.groups()):
            own.append(each)
        elif each.name in OBSOLETE:
            report.add(
                "N202", f"a layer of a spec has no {each.name}", each.span, OBSOLETE[each.name]
            )
        elif (owner := _owner(each.name, types)) is not None:
            _foreign(each, cls, owner, report)
        else:
            _unknown(each, cls, types, report)
    return _settings(cls, own, tree, report, place) if cls is not None else None


def _type(tree: Message, types: Mapping[str, type[Layer]], report: Report) -> type[Layer] | None:
    written = tree.last("type")
    if written is None or not isinstance(written.value, Scalar):
        return None  # LayerParameter.bind reports it
    name = written.value.text
    if name not in types:
        help = nearest(name, types) or "`netspec layers` lists the types"
        report.add("N201", f"there is no layer type {name}", written.value.span, help)
        return None
    return types[name]


def _settings(
    cls: type[Layer], own: list[Field], tree: Message, report: Report, place: Span
) -> Layer | None:
    before = len(report.errors)
    found: dict[str, list[Field]] = {}
    inside: list[Field] = []
    for each in own:
        if each.name in cls.groups():
            found.setdefault(cls.by_field[each.name].name, []).append(each)
        elif isinstance(each.value, Message):
            inside += each.value.fields
        else:
            report.add(
                "N204",
                f"{each.name}: expected a message",
                each.value.span,
                f"write {each.name} {{ ... }}",
            )
    known = cls.own()
    for each in inside:
        if each.name in known:
            found.setdefault(known[each.name].name, []).append(each)
        else:
            help = nearest(each.name, known)
            if each.name in LayerParameter.by_field:
                help = f"{each.name} belongs to the layer, outside {cls.message}"
            help = help or f"its settings are {', '.join(known) or 'none'}"
            report.add(
                "N202", f"a {cls.__name__} layer has no setting {each.name}", each.span, help
            )
    where = tree.last("type")
    return cls.finish(
        found, Message(inside, tree.span), report, where.span if where else place, before
    )


def _owner(name: str, types: Mapping[str, type[Layer]]) -> type[Layer] | None:
    """A type that reads its settings from the message of that name."""
    return next((t for t in types.values() if name == t.message or name in t.groups()), None)


def _unknown(
    each: Field, cls: type[Layer] | None, types: Mapping[str, type[Layer]], report: Report
) -> None:
    own = cls.own() if cls is not None else {}
    if cls is not None and each.name in own and cls.message:
        help = f"write it inside {cls.message} {{ ... }}"
    else:
        homes = {name for t in types.values() for name in (t.message, *t.groups()) if name}
        help = nearest(each.name, [*LayerParameter.by_field, *homes, *own])
    report.add("N202", f"a layer has no field {each.name}", each.span, help)


def _foreign(each: Field, cls: type[Layer] | None, owner: type[Layer], report: Report) -> None:
    """A message for another type: Caffe reads it and never looks at it. Its faults are faults all the same."""
    if each.name in owner.groups():
        owner.by_field[each.name].read([each], report)
    else:
        scratch = Report()
        _settings(owner, [each], Message([], each.span), scratch, each.span)
        report.extend(d for d in scratch.diagnostics if d.code in SPELLING)
    if cls is not None:
        takes = f"it takes {cls.message}" if cls.message else "it takes no settings"
        report.add(
            "N501", f"{each.name} changes nothing on a {cls.__name__} layer", each.span, takes
        )
