"""Trees of nets in a form in which equal ones are the same text."""

from __future__ import annotations

from typing import Any

from netspec.language.blocks.expand import expand_net
from netspec.language.tree import Kind, Message
from netspec.language.yaml.to_nodes import number
from netspec.language.yaml.words import resolve_net
from netspec.layers import FACTS
from netspec.schema.net import LayerParameter
from netspec.source import Source

COMMON = LayerParameter.by_field


def yaml(text: str, name: str = "net.yaml") -> Message:
    return resolve_net(expand_net(Source(name, text), FACTS, COMMON), FACTS)


def canonical(message: Message) -> list[tuple[str, Any]]:
    """The fields of a message sorted by name, those of one name in their order.

    Numbers are compared in YAML's spelling; an empty name of a layer is no name.
    """
    fields = []
    for f in message.fields:
        value: Any
        if isinstance(f.value, Message):
            value = canonical(f.value)
        elif f.value.kind is Kind.NUMBER:
            value = number(f.value.text)
        else:
            value = (f.value.kind, f.value.text)
        fields.append((f.name, value))
    unnamed = ("name", (Kind.STRING, ""))
    return sorted((f for f in fields if f != unnamed), key=lambda f: f[0])
