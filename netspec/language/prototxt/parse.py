"""Prototxt, protobuf's text format, read into a tree. The language stands in prototxt.lark."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import Any

from lark import Lark, Transformer, UnexpectedToken

from netspec.diagnostics import SpecError
from netspec.language.prototxt.comments import attach_comments
from netspec.language.prototxt.escapes import BadEscape, decode
from netspec.language.prototxt.faults import too_long
from netspec.language.prototxt.lexical import bad_escape, bad_sign, bad_utf8
from netspec.language.prototxt.recovery import find_faults
from netspec.language.prototxt.tokens import MAX_TOKENS, Token, Tokens, token_pattern
from netspec.language.read import require_readable
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.source import Source, Span

NOT_FINITE = re.compile(r"inf|infinity|nan", re.IGNORECASE)


def parse(source: Source) -> Message:
    """The fields of a text, with their comments. Raises SpecError with every fault found."""
    require_readable(source)
    language, pattern = _language()
    machine: Any = language.parse_interactive()
    tokens = Tokens(pattern, source)
    try:
        for token in islice(tokens, MAX_TOKENS):
            fields = machine.feed_token(token)
    except (UnexpectedToken, SpecError):
        raise SpecError(find_faults(language, Tokens(pattern, source))) from None
    if token.type != "$END":
        raise SpecError(too_long(token))
    root = Message(fields, Span(source, 0, len(source.text)))
    if tokens.comments:
        attach_comments(root, tokens.comments)
    return root


@cache
def _language() -> tuple[Lark, re.Pattern[str]]:
    language = Lark.open(
        "prototxt.lark",
        rel_to=__file__,
        parser="lalr",
        lexer="basic",
        keep_all_tokens=True,
        transformer=TreeBuilder(),
    )
    return language, token_pattern(language)


class TreeBuilder(Transformer[Token, Any]):
    """A method for each rule or `-> alias` of the grammar: from its parts to what they make."""

    def start(self, parts: list[Any]) -> list[Field]:
        return parts[0]

    def no_fields(self, parts: list[Any]) -> list[Field]:
        return []

    def add_field(self, parts: list[Any]) -> list[Field]:
        parts[0].append(parts[1])
        return parts[0]

    def add_repeated(self, parts: list[Any]) -> list[Field]:
        parts[0].extend(parts[1])
        return parts[0]

    def field(self, parts: list[Any]) -> Field:
        name = parts[0]
        return Field(name.text, parts[-1], name.span)

    def repeated(self, parts: list[Any]) -> list[Field]:
        name = parts[0]
        values = (part for part in parts if isinstance(part, Scalar | Message))
        return [Field(name.text, value, name.span, listed=True) for value in values]

    def message(self, parts: list[Any]) -> Message:
        return Message(parts[1], _across(parts))

    def name(self, parts: list[Token]) -> Token:
        if len(parts) == 1:
            return parts[0]
        return Token("NAME", "".join(part.text for part in parts), _across(parts))

    def word(self, parts: list[Token]) -> Scalar:
        return Scalar(Kind.NAME, parts[0].text, parts[0].span)

    def number(self, parts: list[Token]) -> Scalar:
        return Scalar(Kind.NUMBER, parts[0].text, parts[0].span)

    def negative(self, parts: list[Token]) -> Scalar:
        _, number = parts
        if number.type == "NAME" and not NOT_FINITE.fullmatch(number.text):
            raise SpecError(bad_sign(number))
        return Scalar(Kind.NUMBER, "-" + number.text, _across(parts))

    def string(self, parts: list[Token]) -> Scalar:
        return Scalar(Kind.STRING, _content(parts), _across(parts))


def _across(parts: list[Any]) -> Span:
    first = parts[0].span
    return Span(first.source, first.start, parts[-1].span.end)


def _content(literals: list[Token]) -> str:
    """The text of literals that stand side by side."""
    if len(literals) == 1 and "\\" not in literals[0].text:
        return literals[0].text[1:-1]
    pieces = []
    for literal in literals:
        try:
            pieces.append(decode(literal.text))
        except BadEscape as bad:
            raise SpecError(bad_escape(literal, bad.at)) from None
    try:
        return b"".join(pieces).decode()
    except UnicodeDecodeError:
        raise SpecError(bad_utf8(_across(literals))) from None
