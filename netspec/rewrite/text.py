"""A changed net in the language of its file: prototxt, or YAML with blocks where they stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from netspec.language.open import is_yaml
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Message
from netspec.language.yaml.parse import read_yaml
from netspec.language.yaml.to_yaml import to_yaml
from netspec.language.yaml.words import resolve_net
from netspec.layers import FACTS
from netspec.rewrite.edit import Edit
from netspec.rewrite.entry import entries
from netspec.rewrite.lift import CannotLift, Written, lifted
from netspec.rewrite.prototxt_text import prototxt_text
from netspec.rewrite.splice import spliced
from netspec.rewrite.written_out import uses, written_out
from netspec.schema.net import LayerParameter
from netspec.source import Source


def text_of(
    source: Source,
    before: Message,
    after: Message,
    says: Callable[[str], bool],
    output: Path | None = None,
    edits: Sequence[Edit] = (),
) -> str:
    """The text of `after`, of which `before` is the tree that was read from the source.

    `says` is whether a text means `after`; what does not is not returned. `edits`, where it came by
    some, are made where the file writes the layers; else those entries of the file are written out
    that hold changed layers, and where that cannot be, all are. The ending of `output` says the
    language.
    """
    for text in _texts(source, before, after, output, edits):
        if says(text):
            return text
    raise AssertionError("a tree that is printed is read again")


def _texts(
    source: Source, before: Message, after: Message, output: Path | None, edits: Sequence[Edit]
) -> Iterator[str]:
    """From the one that keeps most of the file to the one that keeps nothing."""
    old, new = is_yaml(source.name), is_yaml(output.name if output else source.name)
    if not new:
        if not old:
            yield prototxt_text(source, before, after)
        yield print_prototxt(resolve_net(after, FACTS))
        return
    if old and edits:
        with suppress(CannotLift):
            root = read_yaml(source)
            splices = lifted(Written(before, source, entries(root, source.text)), edits)
            yield spliced(source.text, [*splices, *uses(source, root, output)])
    if old:
        with suppress(CannotLift):
            yield written_out(source, before, after, output)
    yield to_yaml(after, FACTS, LayerParameter.by_field)
