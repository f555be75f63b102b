"""Which layers are in which net of a file, and the rule that leaves the others out.

A file holds several nets (Net::FilterNet). The states shown are those that its own rules tell
apart: the phases, each stage and the levels that they mention; a state whose net another, simpler
one has already is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from netspec.build import open_tree
from netspec.diagnostics import Report
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Field, Message
from netspec.layers import LAYERS
from netspec.schema.bind import bind_net
from netspec.schema.net import LayerParameter, NetState, NetStateRule, Phase
from netspec.schema.setting import expect_message
from netspec.source import Source, Span


@dataclass(frozen=True)
class Rule:
    """An `include` or `exclude` of the file."""

    kind: str
    rule: NetStateRule
    span: Span

    @property
    def text(self) -> str:
        """The rule as prototxt, on one line."""
        written = Field(self.kind, self.rule.unbind(), self.span)
        return " ".join(print_prototxt(Message([written], self.span)).split())


@dataclass(frozen=True)
class LayerRow:
    """A layer of the file and its rules, which are all of one kind."""

    name: str
    type: str
    span: Span
    rules: tuple[Rule, ...]

    def left_out_by(self, state: NetState) -> tuple[Rule, ...]:
        """The rules that keep the layer out of the net: an exclude that holds, or every include."""
        held = tuple(r for r in self.rules if r.rule.holds(state))
        including = any(r.kind == "include" for r in self.rules)
        return () if including and held else self.rules if including else held


@dataclass(frozen=True)
class States:
    """The layers of a file and the states that it tells apart; `name` says a state in words."""

    rows: tuple[LayerRow, ...]
    columns: tuple[NetState, ...]
    shows: tuple[bool, bool]  # whether rules speak of phases, and of stages or levels
    own: tuple[str, ...] = ()  # the stages that the file itself asks for

    def name(self, state: NetState) -> str:
        """`TRAIN`, `TEST deploy`, `level 2`; a state without any of them is `as it is`."""
        words = [state.phase.name] if self.shows[0] else []
        words += [stage for stage in state.stage if stage not in self.own]
        words += [f"level {state.level}"] if state.level else []
        return " ".join(words) or ("no stage" if self.shows[1] else "always")

    def count(self, state: NetState) -> int:
        """The number of layers of a net."""
        return sum(not row.left_out_by(state) for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Plain data: the states, and for each layer the states it is in, or the rules why not."""
        return {
            "states": [
                {"name": self.name(s), "phase": s.phase.name, "level": s.level, "stages": s.stage}
                | {"layers": self.count(s)}
                for s in self.columns
            ],
            "layers": [
                {
                    "name": row.name,
                    "type": row.type,
                    "line": row.span.line,
                    "in": [self.name(s) for s in self.columns if not row.left_out_by(s)],
                    "left_out_by": {
                        self.name(s): [{"rule": r.text, "line": r.span.line} for r in rules]
                        for s in self.columns
                        if (rules := row.left_out_by(s))
                    },
                }
                for row in self.rows
            ],
        }


def states(source: Source) -> States:
    """The states of a net's text. Raises SpecError where it, or one of its rules, is at fault."""
    report = Report()
    tree = open_tree(source, report)
    if tree.last("layer") is None:
        bind_net(tree, LAYERS, NetState(), report)  # says why it is no net: a solver, or empty
    return states_of(tree, report)


def states_of(tree: Message, report: Report) -> States:
    """The states of a tree in today's form. Raises SpecError where one of its rules is at fault."""
    rows = tuple(row for entry in tree.each("layer") if (row := _row(entry, report)))
    written = tree.last("state")
    own: NetState | None = None
    if written and isinstance(written.value, Message):
        own = NetState.bind(written.value, report)
    report.stop()
    rules = [r.rule for row in rows for r in row.rules]
    phases = any(rule.phase for rule in rules)
    finer = any(r.stage or r.not_stage or (r.min_level, r.max_level) != (None, None) for r in rules)
    given = own.stage if own else ()
    return States(rows, _told_apart(rows, rules, given, phases), (phases, finer), given)


def _row(entry: Field, report: Report) -> LayerRow | None:
    if not isinstance(entry.value, Message):
        expect_message(entry, report)
        return None
    tree = entry.value
    known = [f for f in tree.fields if f.name in LayerParameter.by_field]
    said = LayerParameter.bind(Message(known, tree.span), report, entry.span)
    if said is None:
        return None
    rules = [
        Rule(kind, rule, field.span)
        for kind in ("include", "exclude")
        for rule, field in zip(getattr(said, kind), tree.each(kind))
    ]
    return LayerRow(said.name, said.type, entry.span, tuple(rules))


def _told_apart(
    rows: tuple[LayerRow, ...], rules: list[NetStateRule], own: tuple[str, ...], phases: bool
) -> tuple[NetState, ...]:
    """The simplest state of each different net; every phase has its plain one, where any has."""
    seen: dict[tuple[bool, ...], NetState] = {}
    plain = []
    for state in _candidates(rules, own, phases):
        net = tuple(not row.left_out_by(state) for row in rows)
        if state.level == 0 and state.stage == own and any(net):
            plain.append(state)
        elif not any(net):
            continue
        seen.setdefault(net, state)
    shown = dict.fromkeys((*plain, *seen.values()))
    return tuple(sorted(shown, key=lambda s: (s.phase.value, s.level != 0, len(s.stage), s.level)))


def _candidates(
    rules: list[NetStateRule], own: tuple[str, ...], phases: bool
) -> Iterator[NetState]:
    """Phases, with the stages that a rule names, one or together, at each side of its levels."""
    single = ((s,) for r in rules for s in (*r.stage, *r.not_stage))
    together = (r.stage for r in rules if len(r.stage) > 1)
    stages = dict.fromkeys(((), *single, *together))
    lows = {r.min_level for r in rules if r.min_level is not None}
    highs = {r.max_level + 1 for r in rules if r.max_level is not None}
    below = {low - 1 for low in lows if low <= 0}
    levels = sorted({0} | lows | highs | below, key=lambda n: (abs(n), n))
    shown = tuple(Phase) if phases else (Phase.TEST,)
    for level, stage, phase in product(levels, stages, shown):
        yield NetState(phase=phase, level=level, stage=(*own, *(s for s in stage if s not in own)))
