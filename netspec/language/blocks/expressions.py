"""Expressions of YAML specs: a small grammar, read into a syntax tree and evaluated within bounds.

    =out * 4     =kernel // 2     =max(16, width // 8)     ="a" + str(i)     =64 if wide else 32

Whole numbers stay whole, and `/` of two that divide evenly is whole too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeAlias

import lark

from netspec.diagnostics import nearest
from netspec.language.blocks import values
from netspec.language.blocks.values import FUNCTIONS, Fault, Value, truth

MAX_LENGTH = 1000
MAX_NESTING = 50
ELSEWHERE = {"range": "for counts by itself: write `{i: 2}`, which runs 1, 2"}  # in Python

Lookup: TypeAlias = Callable[[str], Value]
Tree: TypeAlias = "lark.Tree[lark.Token]"


def evaluate(text: str, lookup: Lookup) -> Value:
    """The value of an expression; `lookup` gives the value of a name. Raises Fault."""
    return _value(parse(text), lookup)


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """The syntax tree of an expression; raises Fault."""
    if len(text) > MAX_LENGTH:
        raise Fault(
            "N153", f"an expression has at most {MAX_LENGTH:,} characters, this has {len(text):,}"
        )
    try:
        tree = _parser().parse(text)
    except lark.UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise Fault("N150", f"{text[at]} has no meaning here", place=(at, at + 1)) from None
    except lark.UnexpectedToken as error:
        at = error.token.start_pos or 0
        if error.token.type == "$END":
            help = "inside { } or [ ], an expression that holds any of {}[],: needs quotes"
            raise Fault("N150", "the expression is cut short", help, (0, len(text))) from None
        place = (at, at + len(error.token))
        raise Fault("N150", f"{error.token} cannot stand here", place=place) from None
    todo = [(tree, 1)]
    while todo:
        node, depth = todo.pop()
        if depth > MAX_NESTING:
            raise Fault("N153", f"the expression is more than {MAX_NESTING} operations deep")
        todo += [(child, depth + 1) for child in node.children if isinstance(child, lark.Tree)]
    return tree


@cache
def _parser() -> lark.Lark:
    grammar = Path(__file__).with_name("expressions.lark").read_text(encoding="utf-8")
    return lark.Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def _value(tree: Tree, lookup: Lookup) -> Value:
    try:
        return values.bounded(RULES[tree.data](lookup, *tree.children))
    except Fault as fault:
        if fault.place is None:
            fault.place = (tree.meta.start_pos, tree.meta.end_pos) if not tree.meta.empty else None
        raise


def _read(tree: Tree, lookup: Lookup) -> Value:
    return values.bounded(values.read(_value(tree, lookup)))


def _condition(tree: Tree, lookup: Lookup) -> bool:
    try:
        return truth(_read(tree, lookup))
    except Fault as fault:
        fault.place = fault.place or (tree.meta.start_pos, tree.meta.end_pos)
        raise


def _call(lookup: Lookup, name: lark.Token, *arguments: Tree) -> Value:
    if name not in FUNCTIONS:
        help = (
            ELSEWHERE.get(name) or nearest(name, FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}"
        )
        place = (name.start_pos or 0, name.end_pos or 0)
        raise Fault("N151", f"there is no function {name}", help, place)
    return FUNCTIONS[name]([_read(each, lookup) for each in arguments])


def _number(literal: str) -> float:
    if literal[:2] in ("0x", "0X"):
        return int(literal, 16)
    return int(literal) if literal.isdigit() else float(literal)


RULES: dict[str, Callable[..., Value]] = {
    "choose": lambda look, one, test, other: _value(one if _condition(test, look) else other, look),
    "either": lambda look, a, b: _condition(a, look) or _condition(b, look),
    "both": lambda look, a, b: _condition(a, look) and _condition(b, look),
    "denied": lambda look, a: not _condition(a, look),
    "compare": lambda look, a, op, b: values.compare(op, _read(a, look), _read(b, look)),
    "arithmetic": lambda look, a, op, b: values.arithmetic(op, _read(a, look), _read(b, look)),
    "negative": lambda look, a: values.negative(_read(a, look)),
    "index": lambda look, held, index: values.item(_read(held, look), _read(index, look)),
    "call": _call,
    "number": lambda look, literal: _number(literal),
    "text": lambda look, quoted: str(quoted[1:-1]),
    "true": lambda look: True,
    "false": lambda look: False,
    "name": lambda look, name: look(str(name)),
    "list": lambda look, *items: [_read(each, look) for each in items],
}
