"""Prototxt given as text: the tree that it is read into, or what is wrong with it."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, SpecError
from netspec.language.prototxt.parse import parse
from netspec.language.tree import Message
from netspec.source import Source

NUMBERS = (
    "0 1 12 1. .5 0.5 1e3 1E-3 1e+3 1.5e-3 .5e2 1f 1.F 1e-3f 0x1F 0XaB 017 00 123456789012345678901"
)


def read(text: str) -> Message:
    return parse(Source("test.prototxt", text))


def faults(text: str) -> list[Diagnostic]:
    """What is found in the text; nothing where it is read."""
    try:
        parse(Source("test.prototxt", text))
    except SpecError as error:
        return error.diagnostics
    return []


def place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    assert diagnostic.span is not None
    return diagnostic.code, diagnostic.span.line, diagnostic.span.column
