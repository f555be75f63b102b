"""What a net or a solver says that BVLC's Caffe cannot read: layers and settings of forks, ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.diagnostics import Diagnostic
from netspec.language.tree import Field, Message, Scalar
from netspec.layers import LAYERS
from netspec.schema.forks import OURS
from netspec.schema.kinds import One
from netspec.schema.net import LayerParameter, NetHead
from netspec.schema.setting import Setting
from netspec.schema.solver import SolverParameter
from netspec.schema.solver_beyond import POLICIES
from netspec.source import Span


def lacking_in_net(tree: Message) -> Iterator[Diagnostic]:
    """C230 for everything in a net of today's form that BVLC's Caffe lacks."""
    yield from _settings(tree, NetHead.by_field)
    for entry in tree.each("layer"):
        if isinstance(entry.value, Message):
            yield from _layer(entry.value)


def lacking_in_solver(tree: Message) -> Iterator[Diagnostic]:
    """The same of a solver."""
    yield from _settings(tree, SolverParameter.by_field)
    for field in tree.each("lr_policy"):
        if isinstance(field.value, Scalar) and field.value.text in POLICIES:
            yield _lacks(f"lr_policy {field.value.text}", OURS, field.value.span)


def _layer(tree: Message) -> Iterator[Diagnostic]:
    yield from _settings(tree, LayerParameter.by_field)
    for field in tree.each("type"):
        cls = LAYERS.get(field.value.text) if isinstance(field.value, Scalar) else None
        if cls is None:
            continue
        if cls.fork or not cls.caffe:
            yield _lacks(f"the type {cls.__name__}", cls.fork or "your own", field.value.span)
            continue
        yield from _settings(tree, cls.groups())
        for own in tree.each(cls.message or ""):
            if isinstance(own.value, Message):
                yield from _settings(own.value, cls.own())


def _settings(tree: Message, known: Mapping[str, Setting]) -> Iterator[Diagnostic]:
    """Of the fields that are declared; what is not is another's to report."""
    for field in tree.fields:
        setting = known.get(field.name)
        if setting is None:
            continue
        if setting.fork:
            yield _lacks(f"the setting {field.name}", setting.fork, field.span)
        elif setting.nested is not None and isinstance(field.value, Message):
            yield from _settings(field.value, setting.nested.by_field)
        elif _is_of_a_fork(setting, field):
            yield _lacks(f"{field.name}: {field.value.text}", "a fork", field.value.span)


def _is_of_a_fork(setting: Setting, field: Field) -> bool:
    """Names that a fork has in an enumeration of Caffe's stand below 0 here."""
    if not isinstance(setting.of, One) or not isinstance(field.value, Scalar):
        return False
    member = setting.of.of.__members__.get(field.value.text)
    return member is not None and member.value < 0


def _lacks(what: str, whose: str, place: Span) -> Diagnostic:
    message = f"{what} is of {whose}: BVLC's Caffe does not read it"
    help = "do without it, or say it in settings of Caffe; or convert without --caffe"
    return Diagnostic("C230", message, place, help)
