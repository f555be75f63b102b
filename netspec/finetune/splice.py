"""YAML whose changed entries are written out, and whose other entries keep their text."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from netspec.language.tree import Field, Message
from netspec.language.yaml.nodes import Item, Leaf, Mapping, Sequence
from netspec.language.yaml.parse import read_yaml
from netspec.language.yaml.to_yaml import NetWriter
from netspec.language.yaml.writer import write_entries
from netspec.layers import FACTS
from netspec.schema.net import LayerParameter
from netspec.source import Source, Span

INPUTS = -1  # the entry that stands for the section `inputs:`


def splicings(tree: Message, before: Message, source: Source, output: Path) -> Iterator[str]:
    """Texts of a YAML file in which each entry of `layers:` that made other layers in `before` is
    written out as the layers of `tree`; in the second, the entries below those are too, since what
    they read may have been said by a block. Nothing where entries have no lines of their own.

    Layers that stayed are the same objects in both trees. Files that it uses are found from where
    `output` lies.
    """
    root = read_yaml(source)
    section = root.get("layers")
    if section is None or not isinstance(section.value, Sequence) or section.value.flow:
        return
    entries = section.value.items
    old, new = (_by_entry(t, entries) for t in (before, tree))
    changed = {i for i in range(INPUTS, len(entries)) if old.get(i, []) != new.get(i, [])}
    yield _spliced(root, entries, new, changed, source, output)
    below = {i + 1 for i in changed if INPUTS < i + 1 < len(entries) and new.get(i + 1)}
    yield _spliced(root, entries, new, changed | below, source, output)


def _spliced(
    root: Mapping,
    entries: list[Item],
    new: dict[int, list[Field]],
    changed: Collection[int],
    source: Source,
    output: Path,
) -> str:
    inputs = root.get("inputs")
    starts = [_line(source, item.value.span.start) for item in entries]
    lines = _with_uses(root, source, output).splitlines(keepends=True)
    indent = len(lines[starts[0]]) - len(lines[starts[0]].lstrip(" "))
    edits: list[tuple[int, int, str]] = []  # lines to replace, from and to, and with what
    for i in changed:
        first, last = starts[max(i, 0)], starts[0]
        if i != INPUTS:
            last = _line(source, _end(source, entries[i].value.span)) + 1
        said = entries[i].before if i != INPUTS else ()
        edits.append((first, last, _written(new.get(i, []), said, indent)))
    if INPUTS in changed and inputs is not None:
        end = _line(source, _end(source, inputs.value.span)) + 1
        edits.append((_line(source, inputs.span.start), end, ""))
    for first, last, text in sorted(edits, key=lambda e: e[:2], reverse=True):
        lines[first:last] = [text]
    return "".join(lines)


def _by_entry(tree: Message, entries: list[Item]) -> dict[int, list[Field]]:
    """The layers that each entry makes."""
    starts = [item.value.span.start for item in entries]
    found: dict[int, list[Field]] = {}
    for field in tree.each("layer"):
        place = field.span
        while place.via is not None:
            place = place.via
        found.setdefault(bisect_right(starts, place.start) - 1, []).append(field)
    return found


def _written(layers: list[Field], said: tuple[str, ...], indent: int) -> str:
    """Layers as entries of their own; comments that stand above already are left out."""
    if not layers:
        return ""
    writer = NetWriter(FACTS, LayerParameter.by_field)
    first = replace(layers[0], before=tuple(c for c in layers[0].before if c not in said))
    return write_entries([writer.entry(field) for field in (first, *layers[1:])], indent)


def _with_uses(root: Mapping, source: Source, output: Path) -> str:
    """The text, the paths in `use:` being from where the output lies."""
    text, here = source.text, Path(source.name).parent
    use = root.get("use")
    if use is None or here.resolve() == output.parent.resolve():
        return text
    items = use.value.items if isinstance(use.value, Sequence) else [use]
    for item in reversed(items):
        if isinstance(item.value, Leaf):
            span = item.value.span
            path = os.path.relpath(here / item.value.text, output.parent)
            text = f"{text[: span.start]}{Path(path).as_posix()}{text[span.end :]}"
    return text


def _line(source: Source, offset: int) -> int:
    """The number of a line, counted from 0."""
    return source.position(offset)[0] - 1


def _end(source: Source, span: Span) -> int:
    """The last character of a node; what a parser takes to be its end may lie lines below."""
    return len(source.text[: span.end].rstrip()) - 1
