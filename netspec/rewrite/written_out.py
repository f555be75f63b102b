"""YAML whose changed entries are written out as plain layers, and whose other entries stay."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from netspec.language.tree import Field, Message
from netspec.language.yaml.nodes import Item, Leaf, Mapping
from netspec.language.yaml.nodes import Sequence as Items
from netspec.language.yaml.parse import read_yaml
from netspec.language.yaml.to_yaml import NetWriter
from netspec.language.yaml.writer import write_entries
from netspec.layers import FACTS
from netspec.rewrite.entry import Entry, end_of, entries
from netspec.rewrite.fields import blobs_of
from netspec.rewrite.lift import CannotLift
from netspec.rewrite.places import by_place
from netspec.rewrite.splice import Splice, spliced, whole_line
from netspec.schema.net import LayerParameter
from netspec.source import Source

ELSEWHERE = ("\0",)  # a blob that no layer makes: every bottom is written
INPUTS = -1  # the place of what `inputs:` says


def written_out(source: Source, before: Message, after: Message, output: Path | None) -> str:
    """The text of `after`, of which `before` is the tree that was read from the source.

    Raises CannotLift where the entries of `layers:` have no lines of their own. The files that it
    uses are found from where `output` lies.
    """
    root = read_yaml(source)
    splices = [*_entries(source, root, before, after), *uses(source, root, output)]
    return spliced(source.text, splices)


def _entries(source: Source, root: Mapping, before: Message, after: Message) -> Iterator[Splice]:
    section = root.get("layers")
    if section is None or not isinstance(section.value, Items) or section.value.flow:
        raise CannotLift
    tops = [(item.value.span.start, end_of(item.value)) for item in section.value.items]
    found = entries(root, source.text)
    held = by_place(before, after)
    old: dict[int, list[Field]] = {i: [] for i in range(INPUTS, len(tops))}
    new: dict[int, list[Field]] = {i: [] for i in range(INPUTS, len(tops))}
    for field in before.each("layer"):
        at = _top(tops, field)
        old[at].append(field)
        new[at] += held.get(id(field), [])
    changed = [i for i in old if old[i] != new[i]]
    column = tops[0][0] - source.text.rfind("\n", 0, tops[0][0]) - 1 - len("- ")
    inputs = root.get("inputs")
    if INPUTS in changed and inputs is not None:
        yield Splice(*whole_line(source.text, inputs.span.start, end_of(inputs.value)), "")
        text, _ = _written(new[INPUTS], column)
        line = source.text.rfind("\n", 0, tops[0][0]) + 1
        yield Splice(line, line, text)
    for i in changed:
        if i == INPUTS:
            continue
        text, current = _written(new[i], column)
        if text:
            yield Splice(*tops[i], text.strip().removeprefix("- "))
        else:
            dash = source.text.rfind("-", 0, tops[i][0])
            yield Splice(*whole_line(source.text, dash, tops[i][1]), "")
        if text and i + 1 < len(tops) and i + 1 not in changed:
            yield from _joined(found[tops[i + 1][0]], new[i + 1], current)


def _top(tops: Sequence[tuple[int, int]], field: Field) -> int:
    """Which entry of `layers:` a layer comes from."""
    *_, outermost = field.span.outwards()
    for i, (start, end) in enumerate(tops):
        if start <= outermost.start < end:
            return i
    return INPUTS


def _written(layers: list[Field], column: int) -> tuple[str, Sequence[str]]:
    """Layers as entries of their own, and the blob that what follows goes on from."""
    writer = NetWriter(FACTS, LayerParameter.by_field)
    writer.current = ELSEWHERE
    items: list[Item] = [writer.entry(field) for field in layers]
    for item in items[:1]:
        item.before = ()  # what stands before the entry stays there
    return write_entries(items, column) if items else "", writer.current


def _joined(entry: Entry, layers: Sequence[Field], current: Sequence[str]) -> Iterator[Splice]:
    """The entry behind one that was written out, with its bottom where that is not the last top."""
    first = layers[0].value if layers else None
    reads = blobs_of(first, "bottom") if isinstance(first, Message) else []
    written = entry.settings is not None and entry.settings.get("bottom") is not None
    if len(reads) == 1 and not written and list(current) != reads:
        yield Splice(entry.start, entry.end, entry.varied({"bottom": reads[0]}))


def uses(source: Source, root: Mapping, output: Path | None) -> Iterator[Splice]:
    """The paths in `use:`, from where the output lies."""
    use, here = root.get("use"), Path(source.name).parent
    if use is None or output is None or here.resolve() == output.parent.resolve():
        return
    items = use.value.items if isinstance(use.value, Items) else [use]
    for item in items:
        if isinstance(item.value, Leaf):
            span = item.value.span
            path = os.path.relpath(here / item.value.text, output.parent)
            yield Splice(span.start, span.end, Path(path).as_posix())
