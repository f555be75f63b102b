"""What is said of tokens that the grammar of prototxt does not take where they stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from netspec.diagnostics import Diagnostic, Note
from netspec.language.prototxt.escapes import quote
from netspec.language.prototxt.lexical import shorten
from netspec.language.prototxt.tokens import MAX_DEPTH, MAX_TOKENS, Token
from netspec.source import Span

EXPECTED = (  # the first row whose terminals the parser would all have taken
    ({"NUMBER", "STRING"}, "a value"),
    ({"NUMBER"}, "a number"),
    ({"COLON"}, "`:` or `{`"),
    ({"NAME", "RBRACE"}, "a field name or `}`"),
    ({"NAME", "MORETHAN"}, "a field name or `>`"),
    ({"NAME", "$END"}, "a field name"),
    ({"COMMA", "RSQB"}, "`,` or `]`"),
    ({"LBRACE", "RSQB"}, "`{` or `]`"),
    ({"LBRACE"}, "`{`"),
    ({"RSQB"}, "`]`"),
    ({"NAME"}, "a name"),
)
CLOSED_BY = {"LBRACE": "}", "LESSTHAN": ">", "LSQB": "]"}
BARE_TEXT = re.compile(r"[^\s\"'{}\[\]#,;]+")


def unexpected(token: Token, before: Sequence[Token], accepted: Collection[str]) -> Diagnostic:
    """A token in the wrong place.

    `before` are the tokens that led to it, `accepted` the types that could have stood there.
    """
    expected = next(words for terminals, words in EXPECTED if terminals <= set(accepted))
    message, place = f"expected {expected}", token.span
    if before:
        last = _last_part(before)
        message += f" after `{shorten(last.text)}`"
        if not between_fields(accepted) and on_other_lines(before[-1], token):
            place = last  # what is missing is missing there, not at the next line's beginning
    message += f", found {_found(token)}"
    return Diagnostic("N101", message, place, _advice(token, before, accepted))


def between_fields(accepted: Collection[str]) -> bool:
    """Whether the field before is complete, and the message that it is in could end here."""
    return not {"RBRACE", "MORETHAN", "$END"}.isdisjoint(accepted)


def on_other_lines(one: Token, other: Token) -> bool:
    """Whether a line ends between two tokens."""
    return one.span.source.text.find("\n", one.span.end, other.span.start) >= 0


def goes_on(before: Sequence[Token], token: Token) -> bool:
    """Whether the token stands right behind a name, as in text without quotes: examples/mnist."""
    return bool(before) and before[-1].type == "NAME" and before[-1].span.end == token.span.start


def _last_part(before: Sequence[Token]) -> Span:
    """What a fault comes after, as a reader sees it: `name`, `name:`, `name: value`, `name {`."""
    types = [token.type for token in before]
    first = before[-1]
    if types[-1] in ("COLON", "LBRACE", "LESSTHAN") and len(types) > 1:
        first = before[-2]
    if "COLON" in types[-2:-1] and len(types) > 2:
        first = before[-3]
    return Span(first.span.source, first.span.start, before[-1].span.end)


def _found(token: Token) -> str:
    if token.type == "$END":
        return "the end of the file"
    if token.type == "STRING":
        return f"the text {shorten(token.text)}"
    return f"`{shorten(token.text)}`"


def _advice(token: Token, before: Sequence[Token], accepted: Collection[str]) -> str:
    last = before[-1] if before else None
    if between_fields(accepted):
        if last is not None and goes_on(before, token):
            bare = BARE_TEXT.match(token.span.source.text, last.span.start)
            return f"text stands in quotes: {quote(bare[0])}" if bare else ""
        if token.type in ("NUMBER", "STRING") and last is not None and last.type == "COMMA":
            return "several values are written [1, 2]"
        if token.type == "STRING":
            return "a field name stands without quotes"
        if token.type == "LBRACE":
            return "a message has a name before its brace: `layer {`"
    elif "RSQB" in accepted and token.type in ("COLON", "LBRACE"):
        return "a message in a list stands in braces of its own: `[{ ... }]`"
    elif last is not None and last.type == "NAME" and not on_other_lines(last, token):
        if token.type in ("NUMBER", "STRING"):
            return f"write `{last.text}: {shorten(token.text)}`"
        if token.type == "NAME":
            return "text of several words stands in quotes"
    return ""


def unclosed(opener: Token, place: Span) -> Diagnostic:
    """The file ends inside a message or a list."""
    return Diagnostic(
        "N102",
        f"the file ends inside `{opener.text}`",
        place,
        f"close it with `{CLOSED_BY[opener.type]}`",
        (Note("it is opened here", opener.span),),
    )


def surplus(closer: Token) -> Diagnostic:
    """A closing brace or bracket with nothing to close."""
    help = "take it out, or open what it is to close"
    return Diagnostic("N103", f"`{closer.text}` closes nothing", closer.span, help)


def mismatched(closer: Token, opener: Token) -> Diagnostic:
    """`{` closed by `>`, or the other way round."""
    return Diagnostic(
        "N103",
        f"`{opener.text}` is closed by `{closer.text}`",
        closer.span,
        f"close it with `{CLOSED_BY[opener.type]}`",
        (Note("it is opened here", opener.span),),
    )


def too_long(last: Token) -> Diagnostic:
    """More tokens than MAX_TOKENS, of which this is the last."""
    message = f"the text has more than {MAX_TOKENS:,} names, numbers and signs"
    return Diagnostic("N112", message, last.span, "no net needs so many: is it a spec?")


def too_deep(brace: Token) -> Diagnostic:
    """More messages inside one another than MAX_DEPTH."""
    message = f"messages stand more than {MAX_DEPTH} deep in one another"
    return Diagnostic("N111", message, brace.span, "a net has them five deep or so")
