"""What binding makes of a file: its head and its layers, each with the place that it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.language.tree import Field, Message
from netspec.schema.layer import Layer
from netspec.schema.net import LayerParameter, NetHead
from netspec.schema.setting import Reject
from netspec.schema.wording import a
from netspec.source import Span


@dataclass(frozen=True, eq=False)
class BoundLayer:
    """A layer of the file. `layer` is None where it is at fault or the state leaves it out.

    `tree` is where it is written, `span` where it begins. Of a layer at fault, `parameter` has
    what could be read.
    """

    parameter: LayerParameter
    layer: Layer | None
    tree: Message
    span: Span
    included: bool = True

    @property
    def named(self) -> str:
        """What diagnostics call it."""
        return self.parameter.name or f"{a(self.parameter.type)} layer"

    def written(self, setting: str) -> list[Field]:
        """The fields that write a setting, or one of the fields that every layer has."""
        if self.layer is None or setting not in self.layer.settings:
            return list(self.tree.each(setting))
        declared = self.layer.settings[setting]
        inside = [self.tree]
        if not declared.on_layer and self.layer.message:
            messages = self.tree.each(self.layer.message)
            inside = [f.value for f in messages if isinstance(f.value, Message)]
        return [f for message in inside for f in message.fields if f.name in declared.fields]

    def place(self, name: str, index: int = -1) -> Span:
        """The value of the index-th `bottom`, `top`, `param` ...; without it, of the type."""
        found = list(self.tree.each(name))
        if -len(found) <= index < len(found):
            return found[index].value.span
        kind = self.tree.last("type")
        return kind.value.span if kind else self.span

    def point(self, reject: Reject) -> Span:
        """What a layer complains of; where that is a default, the bottom that it does not suit."""
        return reject.point(self.written(reject.setting)) or self.place("bottom", 0)


@dataclass(frozen=True)
class BoundNet:
    """A file's head and its layers in file order."""

    head: NetHead
    layers: list[BoundLayer]
    tree: Message = field(repr=False)
