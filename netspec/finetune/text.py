"""The changed net in the language of its file: prototxt, or YAML with blocks where they stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from netspec.build import open_tree
from netspec.diagnostics import Report, SpecError
from netspec.finetune.splice import splicings
from netspec.language.open import is_yaml
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Message, same
from netspec.language.yaml.to_yaml import to_yaml
from netspec.language.yaml.words import resolve_net
from netspec.layers import FACTS
from netspec.schema.net import LayerParameter
from netspec.source import Source


def text_of(tree: Message, before: Message, source: Source, output: Path) -> str:
    """A tree as text, in the language that the output's ending says.

    From YAML to YAML, what has not changed keeps its text, blocks and all; where that cannot be,
    all layers are written out.
    """
    if not is_yaml(output.name):
        return print_prototxt(resolve_net(tree, FACTS))
    if is_yaml(source.name):
        for text in splicings(tree, before, source, output):
            if _means(text, tree, output):
                return text
    return to_yaml(tree, FACTS, LayerParameter.by_field)


def _means(text: str, tree: Message, output: Path) -> bool:
    """Whether a text reads back as the tree."""
    try:
        found = open_tree(Source(str(output), text), Report())
    except SpecError:
        return False
    return same(_plain(found), _plain(tree))


def _plain(tree: Message) -> Message:
    """Without words whose kind is still open, and in an order that means nothing."""
    return _sorted(resolve_net(tree, FACTS))


def _sorted(message: Message) -> Message:
    """Fields by name: of one name they keep their order."""
    fields = [
        replace(f, value=_sorted(f.value)) if isinstance(f.value, Message) else f
        for f in message.fields
    ]
    return replace(message, fields=sorted(fields, key=lambda f: f.name))
