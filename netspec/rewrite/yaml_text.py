"""A rewritten net as YAML: blocks and comments stay wherever the change does not touch them.

The edits are made in the entries that write the layers (lift.py) if that says what is meant. Else
those entries of the net that contain changed layers are written out, layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from netspec.language.tree import Field, Message
from netspec.language.yaml.nodes import Item, Mapping
from netspec.language.yaml.nodes import Sequence as Items
from netspec.language.yaml.parse import read_yaml
from netspec.language.yaml.to_yaml import NetWriter, to_yaml
from netspec.language.yaml.writer import write_entries
from netspec.layers import FACTS
from netspec.rewrite.edit import Edit, touched
from netspec.rewrite.entry import Entry, end_of, entries
from netspec.rewrite.fields import blobs_of
from netspec.rewrite.lift import CannotLift, Written, chain, lifted
from netspec.rewrite.splice import Splice, spliced
from netspec.rewrite.tree import Rewritten
from netspec.schema.net import LayerParameter
from netspec.source import Source

ELSEWHERE = ("\0",)  # a blob that no layer makes: every bottom is written


def yaml_text(
    source: Source,
    tree: Message,
    edits: Sequence[Edit],
    rewritten: Rewritten,
    says: Callable[[str], bool],
) -> str:
    """The new text; `says` is whether a text means the rewritten net."""
    root = read_yaml(source)
    ways: tuple[Callable[[], list[Splice]], ...] = (
        lambda: lifted(Written(tree, source, entries(root, source.text)), edits),
        lambda: list(_written_out(source, root, tree, edits, rewritten)),
    )
    for way in ways:
        try:
            text = spliced(source.text, way())
        except CannotLift:
            continue
        if says(text):
            return text
    return to_yaml(rewritten.tree, FACTS, LayerParameter.by_field)


def _written_out(
    source: Source, root: Mapping, tree: Message, edits: Sequence[Edit], rewritten: Rewritten
) -> Iterator[Splice]:
    """The top entries that hold changed layers, as plain layers."""
    section = root.get("layers")
    if section is None or not isinstance(section.value, Items) or section.value.flow:
        raise CannotLift
    tops = [(item.value.span.start, end_of(item.value)) for item in section.value.items]
    old = {id(f): f for f in tree.fields}
    found = entries(root, source.text)
    new_of: dict[int, list[Field]] = {i: [] for i in range(len(tops))}
    changed: set[int] = set()
    made_at = {}
    for edit, made in zip(edits, rewritten.made):
        held = [_top(tops, source, node.span) for node in touched(edit)]
        changed.update(held)
        made_at.update({id(f): held[0] for f in made})
    spans = {f.span: f for f in tree.fields if f.name == "layer"}
    for each in rewritten.tree.fields:
        if each.name != "layer":
            continue
        if (at := made_at.get(id(each))) is None:
            try:
                at = _top(tops, source, each.span)
            except CannotLift:
                continue  # one of `inputs:`
            if id(each) not in old and spans[each.span] is not each:
                changed.add(at)  # it reads another blob
        new_of[at].append(each)
    margin = " " * (tops[0][0] - source.text.rfind("\n", 0, tops[0][0]) - 3)
    for i in sorted(changed):
        writer = NetWriter(FACTS, LayerParameter.by_field)
        writer.current = ELSEWHERE
        items: list[Item] = [writer.entry(f) for f in new_of[i]]
        for item in items[:1]:
            item.before = ()  # what stands before the entry stays there
        text = write_entries(items, len(margin)).strip().removeprefix("- ") if items else ""
        if text:
            yield Splice(*tops[i], text)
        else:
            line = source.text.rfind("\n", 0, tops[i][0])
            yield Splice(max(line, 0), tops[i][1], "")
        if items and i + 1 < len(tops) and i + 1 not in changed:
            yield from _joined(found[tops[i + 1][0]], new_of[i + 1], writer.current)


def _joined(entry: Entry, layers: Sequence[Field], current: Sequence[str]) -> Iterator[Splice]:
    """The entry behind one that was written out, with its bottom where that is not the last top."""
    first = layers[0].value if layers else None
    reads = blobs_of(first, "bottom") if isinstance(first, Message) else []
    written = entry.settings is not None and entry.settings.get("bottom") is not None
    if len(reads) == 1 and not written and list(current) != reads:
        yield Splice(entry.start, entry.end, entry.varied({"bottom": reads[0]}))


def _top(tops: Sequence[tuple[int, int]], source: Source, span: object) -> int:
    """Which top entry a layer comes from."""
    outermost = list(chain(span))[-1]  # type: ignore[arg-type]
    for i, (start, end) in enumerate(tops):
        if outermost.source is source and start <= outermost.start < end:
            return i
    raise CannotLift
