"""Expressions: the arithmetic of YAML specs. A small grammar of its own, with bounds on all that it makes.

    out * 4      kernel // 2      max(16, width // 8)      "res" + str(stage)      64 if wide else 32

Whole numbers stay whole: `/` of two that divide evenly is whole too. Nothing else is converted.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import lark

from netspec.diagnostics import nearest

MAX_LENGTH = 1000  # characters of one expression
MAX_NESTING = 50
MAX_WHOLE = 2**63
MAX_TEXT = 10_000
MAX_LIST = 10_000

Value: TypeAlias = Any  # int, float, bool, str, a list of values, or Written (netspec.language.scope)
Lookup: TypeAlias = Callable[[str], Value]


class Fault(Exception):
    """What is wrong with an expression, and at which characters of it."""

    def __init__(self, code: str, message: str, place: tuple[int, int] = (0, 0), help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.place, self.help = code, message, place, help


def evaluate(text: str, lookup: Lookup) -> Value:
    """The value of an expression; `lookup` gives the value of a name. Raises Fault."""
    return _value(parse(text), lookup)


@lru_cache(maxsize=4096)
def parse(text: str) -> lark.Tree[lark.Token]:
    """The syntax tree of an expression; raises Fault."""
    if len(text) > MAX_LENGTH:
        raise Fault("N153", f"an expression has at most {MAX_LENGTH} characters, this one {len(text)}")
    try:
        tree = _parser().parse(text)
    except lark.UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise Fault("N150", f"{text[at]} means nothing here", (at, at + 1)) from None
    except lark.UnexpectedToken as error:
        token = error.token
        if token.type == "$END":
            raise Fault("N150", "the expression is cut short", (len(text), len(text))) from None
        at = token.start_pos or 0
        raise Fault("N150", f"{token} stands where it cannot", (at, at + len(token))) from None
    todo = [(tree, 1)]
    while todo:
        node, depth = todo.pop()
        if depth > MAX_NESTING:
            raise Fault("N153", f"the expression is nested more than {MAX_NESTING} deep")
        todo += [(child, depth + 1) for child in node.children if isinstance(child, lark.Tree)]
    return tree


@cache
def _parser() -> lark.Lark:
    grammar = Path(__file__).with_name("expressions.lark").read_text(encoding="utf-8")
    return lark.Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def _value(tree: Any, lookup: Lookup) -> Value:
    place = (tree.meta.start_pos, tree.meta.end_pos) if not tree.meta.empty else (0, 0)
    try:
        return bounded(RULES[tree.data](lookup, *tree.children))
    except Fault as fault:
        fault.place = place if fault.place == (0, 0) else fault.place
        raise


def bounded(value: Value) -> Value:
    """The value itself; raises Fault if it is larger than any that a spec can need."""
    if isinstance(value, int) and not -MAX_WHOLE <= value < MAX_WHOLE:
        raise Fault("N153", "the number does not fit in 64 bits")
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault("N153", "the number is too large")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise Fault("N153", f"the text has more than {MAX_TEXT:,} characters")
    if isinstance(value, list) and len(value) > MAX_LIST:
        raise Fault("N153", f"the list has more than {MAX_LIST:,} items")
    return value


def kind(value: Value) -> str:
    """What a value is called."""
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "a mapping"


def plain(value: Value) -> Value:
    """A list that was written down, evaluated; any other value itself."""
    return value.items() if hasattr(value, "items") else value


def _operate(symbol: str, left: Value, right: Value) -> Value:
    left, right = plain(left), plain(right)
    if symbol == "+" and kind(left) == kind(right) and kind(left) in ("text", "a list"):
        if len(left) + len(right) > max(MAX_TEXT, MAX_LIST):
            raise Fault("N153", "the result of + is too long")
        return left + right
    if kind(left) != "a number" or kind(right) != "a number":
        help = "str(...) turns a number into text" if "text" in (kind(left), kind(right)) else ""
        raise Fault("N152", f"{symbol} takes two numbers, found {kind(left)} and {kind(right)}", help=help)
    try:
        return ARITHMETIC[symbol](left, right)
    except ZeroDivisionError:
        raise Fault("N153", "a division by zero") from None
    except OverflowError:
        raise Fault("N153", "the number is too large") from None


def _divide(left: float, right: float) -> float:
    both_whole = isinstance(left, int) and isinstance(right, int)
    return left // right if both_whole and left % right == 0 else left / right


def _raise(base: float, power: float) -> float:
    if abs(base) > 1 and abs(power) * math.log2(abs(base)) > 1100:
        raise Fault("N153", "the number is too large")
    result = base**power
    if isinstance(result, complex):
        raise Fault("N152", "a negative number has no such power")
    return result


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _raise,
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(symbol: str, left: Value, right: Value) -> bool:
    left, right = plain(left), plain(right)
    if symbol == "in":
        if not isinstance(right, list):
            raise Fault("N152", f"`in` looks into a list, found {kind(right)}")
        return any(kind(each) == kind(left) and each == left for each in right)
    if kind(left) != kind(right):
        raise Fault("N152", f"{symbol} compares {kind(left)} with {kind(right)}")
    if symbol not in ("==", "!=") and kind(left) not in ("a number", "text"):
        raise Fault("N152", f"{symbol} compares numbers or texts, found {kind(left)}")
    return COMPARISONS[symbol](left, right)


def truth(value: Value) -> bool:
    """The value of a condition; raises Fault for anything but true and false."""
    if not isinstance(value, bool):
        raise Fault("N152", f"expected true or false, found {kind(value)}")
    return value


def _index(held: Value, index: Value) -> Value:
    held = plain(held)
    if not isinstance(held, list | str):
        raise Fault("N152", f"[ ] takes an item of a list or a text, found {kind(held)}")
    if not isinstance(index, int) or isinstance(index, bool):
        raise Fault("N152", f"items are counted by whole numbers from 0, found {kind(index)}")
    if not -len(held) <= index < len(held):
        raise Fault("N153", f"there is no item {index} among {len(held)}")
    return held[index]


def number_text(value: float) -> str:
    """A number as a spec writes it."""
    return repr(value)


def _numbers(name: str, found: Sequence[Value]) -> Sequence[float]:
    if len(found) == 1 and isinstance(plain(found[0]), list):
        found = plain(found[0])
    if not found or any(kind(each) != "a number" for each in found):
        raise Fault("N152", f"{name} takes numbers, or one list of numbers")
    return found


def _one(name: str, found: Sequence[Value], *kinds: str) -> Value:
    values = [plain(each) for each in found]
    if len(values) != 1 or kind(values[0]) not in kinds:
        had = " and ".join(kind(each) for each in values) or "nothing"
        raise Fault("N152", f"{name} takes {' or '.join(kinds)}, found {had}")
    return values[0]


def _int(value: float | str) -> int:
    try:
        return int(value)
    except ValueError:
        raise Fault("N152", f'"{value}" is not a whole number') from None


FUNCTIONS: dict[str, Callable[[Sequence[Value]], Value]] = {
    "min": lambda found: min(_numbers("min", found)),
    "max": lambda found: max(_numbers("max", found)),
    "ceil": lambda found: math.ceil(_one("ceil", found, "a number")),
    "floor": lambda found: math.floor(_one("floor", found, "a number")),
    "round": lambda found: math.floor(_one("round", found, "a number") + 0.5),
    "len": lambda found: len(_one("len", found, "a list", "text")),
    "str": lambda found: as_text(_one("str", found, "a number", "text")),
    "int": lambda found: _int(_one("int", found, "a number", "text")),
}


def as_text(value: Value) -> str:
    """A text, or a number as it is written; raises Fault for anything else."""
    if isinstance(value, str):
        return value
    if kind(value) != "a number":
        raise Fault("N152", f"expected text or a number, found {kind(value)}")
    return repr(value)


def _call(lookup: Lookup, name: Any, *arguments: Any) -> Value:
    if name not in FUNCTIONS:
        help = nearest(name, FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}"
        raise Fault("N151", f"there is no function {name}", (name.start_pos, name.end_pos), help)
    return FUNCTIONS[name]([_value(each, lookup) for each in arguments])


def _number(literal: str) -> float:
    if literal[:2] in ("0x", "0X"):
        return int(literal, 16)
    if literal.isdigit():
        if len(literal) > 19:
            raise Fault("N153", "the number does not fit in 64 bits")
        return int(literal)
    return float(literal)


def _choose(lookup: Lookup, value: Any, condition: Any, otherwise: Any) -> Value:
    return _value(value if truth(_value(condition, lookup)) else otherwise, lookup)


def _negative(value: Value) -> Value:
    if kind(value) != "a number":
        raise Fault("N152", f"- takes a number, found {kind(value)}")
    return -value


RULES: dict[str, Callable[..., Value]] = {
    "choose": _choose,
    "either": lambda look, a, b: truth(_value(a, look)) or truth(_value(b, look)),
    "both": lambda look, a, b: truth(_value(a, look)) and truth(_value(b, look)),
    "denied": lambda look, a: not truth(_value(a, look)),
    "compare": lambda look, a, symbol, b: _compare(symbol, _value(a, look), _value(b, look)),
    "arithmetic": lambda look, a, symbol, b: _operate(symbol, _value(a, look), _value(b, look)),
    "negative": lambda look, a: _negative(_value(a, look)),
    "index": lambda look, held, i: _index(_value(held, look), _value(i, look)),
    "call": _call,
    "number": lambda look, literal: _number(literal),
    "text": lambda look, quoted: str(quoted[1:-1]),
    "true": lambda look: True,
    "false": lambda look: False,
    "name": lambda look, name: look(str(name)),
    "list": lambda look, *items: [_value(each, look) for each in items],
}
