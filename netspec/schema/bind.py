"""A tree to typed layers: every field is read by its declaration, every fault reported.

A layer that the state leaves out is read as protobuf would read it, and no further: Caffe never
makes it. Of a layer at fault the wiring is read all the same, so that others are not blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

from netspec.diagnostics import MAX_FOUND, Diagnostic, Report, closest
from netspec.language.tree import Field, Message, Scalar
from netspec.schema.bound import BoundLayer, BoundNet
from netspec.schema.forks import TYPE_OF_MESSAGE
from netspec.schema.layer import Layer
from netspec.schema.net import LAYER_FIELDS, LayerParameter, NetHead, NetState
from netspec.schema.setting import Reject, expect_message, require_once
from netspec.schema.solver import SolverParameter
from netspec.schema.unknown import (
    OF_A_FORK,
    Types,
    meant,
    missing_field,
    missing_setting,
    missing_type,
)
from netspec.schema.wording import a
from netspec.source import Span

# wrong whatever the layer is used for
SPELLING = ("N202", "N203", "N204", "N205", "N206", "N212", "N231")


StandIn = Callable[[str], Layer]  # of a type's name: what a sketch has for a type not known here


def bind_net(
    tree: Message,
    types: Types,
    state: NetState,
    report: Report,
    stand_in: StandIn | None = None,
) -> BoundNet:
    """Bind a whole net in today's form; older forms are upgraded before.

    Without `stand_in`, a layer of a type or with a setting that is not known is at fault.
    """
    before = len(report.errors)
    rest = [f for f in tree.fields if f.name != "layer"]
    if _is_solver(tree):
        help = "give the file of the net, or train with `netspec train --solver`"
        report.add("N202", "the file is a solver, not a net", rest[0].span, help)
        return BoundNet(NetHead(), [], tree)
    head = NetHead.bind(Message(rest, tree.span), report)
    early = {id(f) for f, g in pairwise(tree.fields) if NetHead.is_of_a_layer(g.name)}
    bound = [
        bind_layer(f, types, state, report, id(f) in early, stand_in) for f in tree.each("layer")
    ]
    if early or None in bound or any(NetHead.meant(f.name) in LAYER_FIELDS for f in rest):
        report.stop()  # what a layer makes is not known: others would be blamed for it
    net = BoundNet(head or NetHead(), [b for b in bound if b is not None], tree)
    if not any(b.included for b in net.layers) and len(report.errors) == before:
        _report_empty(net, state, report)
    return net


def _is_solver(tree: Message) -> bool:
    names = {f.name for f in tree.fields} - NetHead.by_field.keys()
    return bool(names) and names <= SolverParameter.by_field.keys()


def _report_empty(net: BoundNet, state: NetState, report: Report) -> None:
    if not net.layers:
        at = Span(net.tree.span.source, 0, 0)
        report.add("N312", "the file has no layers", at, 'begin with layer { type: "Input" ... }')
        return
    asked = f"phase {state.phase.name}, level {state.level}"
    asked += f", stages {', '.join(state.stage)}" if state.stage else ""
    message = f"no layer of the file is in the net of {asked}"
    report.add("N312", message, net.layers[0].span, "ask for another phase, level or stage")


def bind_layer(
    entry: Field,
    types: Types,
    state: NetState,
    report: Report,
    closed_early: bool = False,
    stand_in: StandIn | None = None,
) -> BoundLayer | None:
    """Bind one `layer { ... }`; None where it is not even that.

    Of a layer that is closed early nothing is said to be missing: what follows it is reported.
    """
    if not isinstance(entry.value, Message):
        expect_message(entry, report)
        return None
    tree = entry.value
    own, common = Report(), Report()
    cls = _type(tree, types, own)
    at_type = {d.span for d in own.errors}
    misspelt = _misspelt(tree, cls, types)
    written = [f for f in tree.fields if f.name in LayerParameter.by_field]
    everyone = Message(written, tree.span)
    parameter = LayerParameter.bind(everyone, common, entry.span, misspelt.values())
    layer = _read(cls, tree, types, entry.span, misspelt, own)
    included = parameter is None or is_included(parameter, state)
    if stand_in and parameter and own.errors and _is_of_others(cls, own):
        return BoundLayer(parameter, stand_in(parameter.type), tree, entry.span, included)
    said = [d for d in common.diagnostics if d.span not in at_type]
    said += [d for d in own.diagnostics if included or d.code in SPELLING]
    report.extend(d for d in said if not (closed_early and d.code == "N207"))
    if parameter is None or own.errors:
        layer, salvaged = None, _salvage(tree, misspelt)
        parameter = replace(parameter or salvaged, bottom=salvaged.bottom, top=salvaged.top)
    return BoundLayer(parameter, layer, tree, entry.span, included)


def misspelt(entry: Field, types: Types) -> list[Diagnostic]:
    """What is wrong with a layer whatever it is used for, and whatever else is missing."""
    report = Report()
    bind_layer(entry, types, NetState(), report)
    return [d for d in report.errors if d.code in SPELLING]


def _is_of_others(cls: type[Layer] | None, report: Report) -> bool:
    """Whether all that is wrong with a layer is that somebody else's Caffe is needed for it."""
    return cls is None or all(d.code in OF_A_FORK for d in report.errors)


def is_included(parameter: LayerParameter, state: NetState) -> bool:
    """Whether a layer is in the net of a state (Net::FilterNet)."""
    if parameter.include:
        return any(rule.holds(state) for rule in parameter.include)
    return not any(rule.holds(state) for rule in parameter.exclude)


def _misspelt(tree: Message, cls: type[Layer] | None, types: Types) -> dict[str, str | None]:
    """The fields that no layer has, and what they were probably meant to be."""
    found: dict[str, str | None] = {}
    for name in dict.fromkeys(f.name for f in tree.fields):
        if name not in LayerParameter.by_field and _owner(name, types) is None:
            found[name] = meant(name, cls, types)
            if len(found) > MAX_FOUND:  # as many are reported, and reading stops
                break
    return found


def _salvage(tree: Message, misspelt: Mapping[str, str | None]) -> LayerParameter:
    """Name, type and wiring as far as they can be read; a misspelt `bottom` is a bottom."""
    texts: dict[str, list[str]] = {name: [""] for name in ("name", "type", "bottom", "top")}
    for each in tree.fields:
        if isinstance(each.value, Scalar):
            name = misspelt.get(each.name, each.name)
            if name in texts:
                texts[name].append(each.value.text)
    return LayerParameter(
        name=texts["name"][-1],
        type=texts["type"][-1],
        bottom=tuple(texts["bottom"][1:]),
        top=tuple(texts["top"][1:]),
    )


def _type(tree: Message, types: Types, report: Report) -> type[Layer] | None:
    written = tree.last("type")
    if written is None or not isinstance(written.value, Scalar):
        return None  # LayerParameter.bind reports it
    name = written.value.text
    if name not in types:
        code, message, help = missing_type(name, types)
        report.add(code, message, written.value.span, help)
    return types.get(name)


def _read(
    cls: type[Layer] | None,
    tree: Message,
    types: Types,
    place: Span,
    misspelt: Mapping[str, str | None],
    report: Report,
) -> Layer | None:
    before = len(report.errors)
    own = []
    written: dict[str, list[Field]] = {}
    for each in tree.fields:
        if each.name in LayerParameter.by_field:
            continue
        if cls is None or each.name not in cls.groups():
            written.setdefault(each.name, []).append(each)
        if cls is not None and (each.name == cls.message or each.name in cls.groups()):
            own.append(each)
        elif cls is None and each.name.endswith("_param") and each.name in misspelt:
            continue  # the unknown type's own settings
        elif cls is not None and each.name in TYPE_OF_MESSAGE:
            _warn_unread(each, cls, f"{TYPE_OF_MESSAGE[each.name]} layers take it", report)
        elif each.name in misspelt:
            code, message, help = missing_field(each.name, cls, types)
            report.add(code, message, each.span, help)
        else:
            _foreign(each, cls, types, report)
    for fields in written.values():
        require_once(fields, report)
    if cls is None:
        return None
    kind = tree.last("type")
    place = kind.value.span if kind else place
    return _settings(cls, own, types, report, place, before, set(misspelt.values()))


def _settings(
    cls: type[Layer],
    own: list[Field],
    types: Types,
    report: Report,
    place: Span,
    before: int,
    misspelt: set[str | None],
) -> Layer | None:
    """The layer of the fields `own`: its message and its groups.

    `misspelt` are the fields that other fields were meant to be, which are reported already.
    """
    found: dict[str, list[Field]] = {}
    known = cls.own()
    for each in own:
        if each.name in cls.groups():
            found.setdefault(cls.by_field[each.name].name, []).append(each)
        elif not isinstance(each.value, Message):
            expect_message(each, report)
            misspelt.update(known)
        else:
            place = each.span
            for inner in each.value.fields:
                if inner.name in known:
                    found.setdefault(known[inner.name].name, []).append(inner)
                    continue
                code, message, help = missing_setting(inner.name, cls, types)
                report.add(code, message, inner.span, help)
                misspelt.add(closest(inner.name, known))
    if cls.message in misspelt:
        misspelt.update(known)
    made = cls.finish(found, report, place, before, misspelt)
    try:
        return made.meant() if made is not None else None
    except Reject as reject:
        at = reject.point(found.get(reject.setting, [])) or place
        report.add(reject.code, reject.message, at, reject.help)
        return None


def _owner(name: str, types: Types) -> type[Layer] | None:
    """A type that reads its settings from the message of that name."""
    return next((t for t in types.values() if name == t.message or name in t.groups()), None)


def _foreign(each: Field, cls: type[Layer] | None, types: Types, report: Report) -> None:
    """A message for another type: Caffe reads it and never looks at it.

    Its faults are faults all the same.
    """
    owner = _owner(each.name, types)
    assert owner is not None
    if each.name in owner.groups():
        owner.by_field[each.name].read([each], report)
    else:
        scratch = Report()
        _settings(owner, [each], types, scratch, each.span, 0, set())
        report.extend(d for d in scratch.diagnostics if d.code in SPELLING)
    if cls is not None:
        takes = f"it takes {cls.message}" if cls.message else "it takes no settings"
        _warn_unread(each, cls, takes, report)


def _warn_unread(each: Field, cls: type[Layer], help: str, report: Report) -> None:
    message = f"{each.name} changes nothing on {a(cls.__name__)} layer"
    report.add("N501", message, each.span, help)
