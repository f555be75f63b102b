"""The changed net in the language of its file: prototxt, or YAML with blocks where they stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from netspec.build import open_tree
from netspec.diagnostics import Report, SpecError
from netspec.language.tree import Message, same
from netspec.language.yaml.words import resolve_net
from netspec.layers import FACTS
from netspec.rewrite import text
from netspec.source import Source


def text_of(tree: Message, before: Message, source: Source, output: Path) -> str:
    """A tree as text, in the language that the output's ending says.

    What has not changed since `before`, which was read from the source, keeps its text.
    """
    return text.text_of(source, before, tree, lambda said: _means(said, tree, output), output)


def _means(said: str, tree: Message, output: Path) -> bool:
    """Whether a text reads back as the tree."""
    try:
        found = open_tree(Source(str(output), said), Report())
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
