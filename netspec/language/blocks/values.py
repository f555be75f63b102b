"""Values of YAML expressions and what can be done with them, within bounds.

A value is a number, text, true or false, a list, or a list or mapping of the file that is still to
be read (Deferred).
"""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

MAX_WHOLE = 2**63
MAX_TEXT = 10_000
MAX_LIST = 500

Value: TypeAlias = Any


class Fault(Exception):
    """What is wrong with an expression; `place` is the characters of it that are at fault."""

    def __init__(
        self, code: str, message: str, help: str = "", place: tuple[int, int] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.place = code, message, help, place


class Deferred(ABC):
    """A list or mapping as it stands in the file, read only when it is used."""

    @abstractmethod
    def items(self) -> list[Value]:
        """The values of a list; raises Fault for a mapping."""


def kind(value: Value) -> str:
    """What a value is called in a diagnostic."""
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
    return "a list"


def bounded(value: Value) -> Value:
    """The value itself; raises Fault if it is larger than any that a spec can need."""
    match value:
        case int() if not -MAX_WHOLE <= value < MAX_WHOLE:
            raise Fault("N153", "the number does not fit in 64 bits")
        case float() if not math.isfinite(value):
            raise Fault("N153", "the number is too large")
        case str() if len(value) > MAX_TEXT:
            raise Fault("N153", f"the text has more than {MAX_TEXT:,} characters")
        case list() if len(value) > MAX_LIST:
            raise Fault("N153", f"the list has more than {MAX_LIST:,} items")
        case list() if any(isinstance(y, list) for x in value if isinstance(x, list) for y in x):
            raise Fault("N153", "a list of lists of lists")
    return value


def read(value: Value) -> Value:
    """A deferred list, read; any other value itself."""
    return value.items() if isinstance(value, Deferred) else value


def truth(value: Value) -> bool:
    """The value of a condition; raises Fault for anything but true and false."""
    if not isinstance(value, bool):
        raise Fault("N152", f"expected true or false, found {kind(value)}")
    return value


def as_text(value: Value) -> str:
    """A text, or a number as Python writes it; raises Fault for anything else."""
    if isinstance(value, str):
        return value
    if kind(value) != "a number":
        raise Fault("N152", f"expected text or a number, found {kind(value)}")
    return repr(value)


def negative(value: Value) -> Value:
    if kind(value) != "a number":
        raise Fault("N152", f"- takes a number, found {kind(value)}")
    return -value


def arithmetic(symbol: str, left: Value, right: Value) -> Value:
    """Two numbers combined; `+` also joins two texts or two lists."""
    kinds = (kind(left), kind(right))
    if symbol == "+" and kinds in (("text", "text"), ("a list", "a list")):
        return left + right  # both are bounded, and so is their sum before it grows any further
    if kinds != ("a number", "a number"):
        help = "str(...) turns a number into text" if set(kinds) == {"text", "a number"} else ""
        raise Fault("N152", f"{symbol} takes two numbers, found {kinds[0]} and {kinds[1]}", help)
    try:
        return ARITHMETIC[symbol](left, right)
    except ZeroDivisionError:
        raise Fault("N153", "a division by zero") from None
    except OverflowError:
        raise Fault("N153", "the number is too large") from None


def _divide(left: float, right: float) -> float:
    whole = isinstance(left, int) and isinstance(right, int) and left % right == 0
    return left // right if whole else left / right


def _raise(base: float, power: float) -> float:
    if abs(base) > 1 and power * math.log2(abs(base)) > 1024:
        raise OverflowError
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


def compare(symbol: str, left: Value, right: Value) -> bool:
    """Two values of one kind compared, or a value looked for in a list."""
    if symbol == "in":
        if not isinstance(right, list):
            raise Fault("N152", f"`in` looks into a list, found {kind(right)}")
        return any(kind(each) == kind(left) and each == left for each in right)
    if kind(left) != kind(right):
        raise Fault("N152", f"{symbol} compares {kind(left)} with {kind(right)}")
    ordered = symbol not in ("==", "!=")
    if kind(left) == "a list" or (ordered and isinstance(left, bool)):
        raise Fault("N152", f"{symbol} compares numbers or texts, found {kind(left)}")
    return COMPARISONS[symbol](left, right)


def item(held: Value, index: Value) -> Value:
    """One item of a list or text, counted from 0, or from the end by a negative number."""
    if not isinstance(held, list | str):
        raise Fault("N152", f"[ ] takes an item of a list or a text, found {kind(held)}")
    if not isinstance(index, int) or isinstance(index, bool):
        raise Fault("N152", f"items are counted by whole numbers from 0, found {kind(index)}")
    if not -len(held) <= index < len(held):
        raise Fault("N153", f"there is no item {index} among {len(held)}")
    return held[index]


def _numbers(found: Sequence[Value]) -> Sequence[float]:
    if len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    if not found or any(kind(each) != "a number" for each in found):
        raise Fault("N152", "expected numbers, or one list of numbers")
    return found


def _one(found: Sequence[Value], *kinds: str) -> Value:
    if len(found) != 1 or kind(found[0]) not in kinds:
        had = " and ".join(kind(each) for each in found) or "nothing"
        raise Fault("N152", f"expected {' or '.join(kinds)}, found {had}")
    return found[0]


def _whole(value: float | str) -> int:
    try:
        return int(value)
    except ValueError:
        raise Fault(
            "N152", f'"{value[:40] if isinstance(value, str) else value}" is not whole'
        ) from None


FUNCTIONS: dict[str, Callable[[Sequence[Value]], Value]] = {
    "min": lambda found: min(_numbers(found)),
    "max": lambda found: max(_numbers(found)),
    "ceil": lambda found: math.ceil(_one(found, "a number")),
    "floor": lambda found: math.floor(_one(found, "a number")),
    "round": lambda found: math.floor(_one(found, "a number") + 0.5),
    "len": lambda found: len(_one(found, "a list", "text")),
    "str": lambda found: as_text(_one(found, "a number", "text")),
    "int": lambda found: _whole(_one(found, "a number", "text")),
}
