"""Show which layers are in which net of a file, and the rule that leaves the others out.

A column is a state that the file's own rules tell apart: a phase, a stage, a level. Neighbours that
are in every net share a row, unless --all is given. With --json every layer is told.

    netspec states train_val.prototxt
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.own_code import own_code
from tools.show import print_json

if TYPE_CHECKING:
    from netspec.states import LayerRow, Rule, States

    Row = tuple[tuple[str, str, list[str]], tuple[Rule, ...]]  # name, type, marks; and why

WIDTH = 80
FEW = 3  # neighbours that are in every net, and have rows of their own all the same
NAME, TYPE, LABEL = 28, 20, 12  # the widest that cells of these columns get
AT_ONCE = 12  # states side by side where letters stand for them


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    parser.add_argument("--all", action="store_true", help="a row for each layer")
    own_code(parser)
    argument.json(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.language.read import read
    from netspec.states import states

    found = states(read(options.spec))
    if options.json:
        print_json(found.as_json())
        return 0
    print("\n".join(_table(found, 0 if options.all else FEW)))
    return 0


def _table(found: States, few: int) -> Iterator[str]:
    """Layers down, states across; where the states' names find no room, letters and a legend."""
    names = [found.name(state) for state in found.columns]
    rows = list(_rows(found, few))
    if max(map(len, names)) <= LABEL and sum(len(n) + 2 for n in names) <= WIDTH - NAME - TYPE:
        yield from _columns(rows, names)
        counts = ", ".join(f"{found.count(s)} in {n}" for s, n in zip(found.columns, names))
        yield f"\n{len(found.rows)} layers: {counts}"
        return
    letters = [chr(ord("A") + i % 26) * (1 + i // 26) for i in range(len(names))]
    for letter, name, state in zip(letters, names, found.columns):
        yield f"{letter:>3}  {_cut(name, 56).rstrip()}: {found.count(state)} layers"
    for start in range(0, len(names), AT_ONCE):
        shown = slice(start, start + AT_ONCE)
        yield ""
        yield from _columns([((n, t, m[shown]), why) for (n, t, m), why in rows], letters[shown])


def _columns(rows: list[Row], labels: list[str]) -> Iterator[str]:
    """The rows under their headings, and under each row why it is not in every net."""
    marks_wide = sum(max(len(label), 2) + 2 for label in labels)
    kind_wide = min(max(len(kind) for (_, kind, _), _ in rows), TYPE)
    kind_wide = max(4, min(kind_wide, WIDTH - marks_wide - NAME // 2))
    room = min(max(NAME, 5), WIDTH - marks_wide - kind_wide - 2)
    name_wide = max(5, min(max(len(name) for (name, _, _), _ in rows), room))

    def line(name: str, kind: str, marks: list[str]) -> str:
        cells = [_cut(name, name_wide), _cut(kind, kind_wide)]
        cells += [mark.ljust(max(len(label), 2)) for mark, label in zip(marks, labels)]
        return "  ".join(cells).rstrip()

    yield line("layer", "type", labels)
    for cells, rules in rows:
        yield line(*cells)
        yield from (_cut(f"  {_why(rule)}", WIDTH).rstrip() for rule in rules)


def _rows(found: States, few: int) -> Iterator[Row]:
    always: list[LayerRow] = []
    for row in (*found.rows, None):
        if row is not None and not any(row.left_out_by(s) for s in found.columns):
            always.append(row)
            continue
        yield from _folded(always, found, few)
        always = []
        if row is not None:
            marks = ["-" if row.left_out_by(s) else "in" for s in found.columns]
            rules = dict.fromkeys(r for s in found.columns for r in row.left_out_by(s))
            yield (row.name, row.type, marks), tuple(rules)


def _folded(always: list[LayerRow], found: States, few: int) -> Iterator[Row]:
    marks = ["in"] * len(found.columns)
    if few and len(always) > few:
        yield (f"{always[0].name} .. {always[-1].name}", f"{len(always)} layers", marks), ()
    else:
        yield from (((row.name, row.type, marks), ()) for row in always)


def _why(rule: Rule) -> str:
    holds = "not in the net, unless" if rule.kind == "include" else "not in the net, because of"
    return f"{holds} {rule.text}, line {rule.span.line}"


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: width - 3] + "..."
