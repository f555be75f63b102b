"""The kinds of values that a setting can hold: each reads a Scalar, writes one, describes itself.

The rules are those of protobuf's text format: enums and booleans as words or numbers, hexadecimal
and octal whole numbers, floats with a trailing `f`, text only in quotes (YAML's plain words are
taken as either).
"""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from netspec.diagnostics import nearest
from netspec.language.tree import Kind, Message, Scalar, describe
from netspec.schema.wording import listed
from netspec.source import Span


class Mismatch(Exception):
    """A value is not of the kind that its setting takes."""

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


class ValueKind(Protocol):
    """What one value of a setting may be."""

    def read(self, value: Scalar | Message) -> Any:
        """The Python value of what was written; raises Mismatch."""

    def write(self, value: Any, span: Span) -> Scalar:
        """The scalar that reads back as `value`."""

    def describe(self) -> str:
        """What a person may write, for diagnostics and the reference page."""

    @property
    def scalar(self) -> Kind:
        """How the value is written: as a number, a name, or text."""


def _scalar(value: Scalar | Message, expected: str) -> Scalar:
    if isinstance(value, Message):
        raise _mismatch(expected, value)
    return value


def _mismatch(expected: str, found: Scalar | Message, help: str = "") -> Mismatch:
    return Mismatch("N204", f"expected {expected}, found {describe(found)}", help)


def _numeric_help(found: Scalar) -> str:
    """How to write what is not quite a number as one."""
    if found.kind in (Kind.STRING, Kind.WORD):
        return "remove the quotes" if FLOAT.match(found.text) else ""
    number = float(found.text) if FLOAT.match(found.text) else math.nan
    return f"write {number:.0f}" if number == number // 1 and abs(number) < 1e15 else ""


FLOAT = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
WHOLE = re.compile(r"-?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|[1-9][0-9]*|0)\Z")


def whole(text: str) -> int | None:
    """The whole number that a literal stands for in protobuf's text format or YAML 1.2, or None."""
    if not WHOLE.match(text) or len(text) > 40:
        return None
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if digits[:2] in ("0x", "0X"):
        return sign * int(digits, 16)
    if digits.startswith("0") and len(digits) > 1:
        return sign * int(digits.lower().lstrip("0o") or "0", 8)
    return sign * int(digits)


@dataclass(frozen=True)
class Int:
    """A whole number between two bounds, both included."""

    low: int = -(2**31)
    high: int = 2**31 - 1
    scalar = Kind.NUMBER

    def read(self, value: Scalar | Message) -> int:
        found = _scalar(value, self.describe())
        number = whole(found.text) if found.kind is Kind.NUMBER else None
        if number is None:
            raise _mismatch(self.describe(), found, _numeric_help(found))
        if number < self.low:
            raise Mismatch("N205", f"expected {self.describe()}, found {number}")
        if number > self.high:
            raise Mismatch("N205", f"expected at most {self.high:,}, found {number:,}")
        return number

    def write(self, value: int, span: Span) -> Scalar:
        return Scalar(Kind.NUMBER, str(value), span)

    def describe(self) -> str:
        return f"a whole number of {self.low} or more" if self.low > -1000 else "a whole number"


UInt = Int(0, 2**32 - 1)
Positive = Int(1, 2**32 - 1)
Int64 = Int(-(2**63), 2**63 - 1)


LARGEST = (2 - 2**-23) * 2.0**127  # of the numbers that 32 bits hold
ROUNDED = (2 - 2**-24) * 2.0**127  # what is larger is infinite in 32 bits
NOT_DECIMAL = re.compile(r"-?0[0-9xXoO]")


@dataclass(frozen=True)
class Float:
    """A number, stored by Caffe in 32 bits. Protobuf reads it in decimal digits only."""

    scalar = Kind.NUMBER

    def read(self, value: Scalar | Message) -> float:
        found = _scalar(value, "a number")
        exact = whole(found.text) if NOT_DECIMAL.match(found.text) else None
        if exact is not None:
            raise _mismatch("a number in decimal digits", found, f"write {exact}")
        if found.kind in (Kind.NUMBER, Kind.NAME):
            text = found.text.lower()
            with suppress(ValueError):
                number = float(text if "inf" in text else text.removesuffix("f"))
                size = abs(number)
                if LARGEST < size < math.inf:
                    return math.copysign(LARGEST if size <= ROUNDED else math.inf, number)
                return number
        raise _mismatch("a number", found, _numeric_help(found))

    def write(self, value: float, span: Span) -> Scalar:
        if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
            return Scalar(Kind.NUMBER, str(int(value)), span)
        return Scalar(Kind.NUMBER, repr(float(value)), span)

    def describe(self) -> str:
        return "a number"


TRUTH = {"true": True, "True": True, "t": True, "false": False, "False": False, "f": False}
MEANT = {
    **dict.fromkeys(("true", "yes", "on", "y"), "write true"),
    **dict.fromkeys(("false", "no", "off", "n"), "write false"),
}


@dataclass(frozen=True)
class Bool:
    """true or false; protobuf also takes True, t, 1 and False, f, 0."""

    scalar = Kind.NAME

    def read(self, value: Scalar | Message) -> bool:
        found = _scalar(value, "true or false")
        if found.kind is Kind.NUMBER and whole(found.text) in (0, 1):
            return whole(found.text) == 1
        if found.kind is Kind.STRING or found.text not in TRUTH:
            raise _mismatch("true or false", found, MEANT.get(found.text.lower(), ""))
        return TRUTH[found.text]

    def write(self, value: bool, span: Span) -> Scalar:
        return Scalar(Kind.NAME, "true" if value else "false", span)

    def describe(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Text:
    """Any text."""

    scalar = Kind.STRING

    def read(self, value: Scalar | Message) -> str:
        found = _scalar(value, "text in quotes")
        if found.kind not in (Kind.STRING, Kind.WORD):
            raise _mismatch("text in quotes", found, f'write "{found.text}"')
        return found.text

    def write(self, value: str, span: Span) -> Scalar:
        return Scalar(Kind.STRING, value, span)

    def describe(self) -> str:
        return "text"


@dataclass(frozen=True)
class One:
    """One member of an enumeration, by name or by Caffe's number."""

    of: type[Enum]
    scalar = Kind.NAME

    def read(self, value: Scalar | Message) -> Enum:
        found = _scalar(value, self.describe())
        if found.kind is Kind.NUMBER:
            number = whole(found.text)
            for member in self.of:
                if member.value == number:
                    return member
        elif found.kind is not Kind.STRING and found.text in self.of.__members__:
            return self.of[found.text]
        quoted = found.kind is Kind.STRING and found.text in self.of.__members__
        help = "remove the quotes" if quoted else nearest(found.text, self.of.__members__)
        raise Mismatch("N206", f"expected {self.describe()}, found {describe(found)}", help)

    def write(self, value: Enum, span: Span) -> Scalar:
        return Scalar(Kind.NAME, value.name, span)

    def describe(self) -> str:
        return listed(list(self.of.__members__), "or")
