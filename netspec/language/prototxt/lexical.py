"""What is said of characters that are no token of prototxt: templates, `//`, open quotes."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from netspec.diagnostics import Diagnostic
from netspec.language.prototxt.tokens import Token
from netspec.source import Span

CURLY_QUOTES = "\u201c\u201d\u2018\u2019\u00ab\u00bb"
NUMBER_HELP = "a number is written 12, -3, 0.5, 1e-3 or 0x1F; text stands in quotes"


class Mistake(NamedTuple):
    """A known way to be wrong: what it looks like and what is said of it.

    `meant` is the terminal that was meant, where that is clear. After a `final` one the rest of the
    file is not worth reading.
    """

    pattern: re.Pattern[str]
    code: str
    message: str
    help: str
    meant: str = ""
    final: bool = False


MISTAKES = (
    Mistake(
        re.compile(r"//[^\n]*|/\*(?s:.*?)(?:\*/|\Z)"),
        "N105",
        "a comment begins with `#`, not `{:.2}`",
        "write `#` before every line of the comment",
        meant="COMMENT",
    ),
    Mistake(
        re.compile(
            r"\{\{[^\n]*?\}\}|\{%[^\n]*?%\}|<%[^\n]*?%>|\{\{|\{%|<%"  # Jinja and its kin
            r"|\$\{[^\n]*?\}|\$\([^\n]*?\)|\$#[^\n]*?#\$|\$\w*"  # shells
            r"|@\w+@|%\(\w+\)[sdf]|%[sdf]\b"  # CMake, Python
        ),
        "N106",
        "`{}` is for a template engine to fill in",
        "render the template, and give the file that comes of it",
        final=True,
    ),
    Mistake(
        re.compile(r"<(?:!doctype|html|\?xml)", re.IGNORECASE),
        "N116",
        "this is a web page, not a prototxt",
        "download the file itself: on GitHub, what the button Raw shows",
        final=True,
    ),
    Mistake(
        re.compile(r"[\"'][^\n]*"),
        "N107",
        "the text has no closing quote on its line",
        "close it with the quote that opens it; `\\n` stands for the end of a line",
        meant="STRING",
    ),
    Mistake(
        re.compile(r"0[0-9]+(?![\w.])"),
        "N109",
        "{} is not a number",
        "digits after a leading 0 are octal, 0 to 7; write the number without the 0",
        meant="NUMBER",
    ),
    Mistake(
        re.compile(r"[+.]?[0-9](?:[\w.]|(?<=[eE])[+-])*"),
        "N109",
        "{} is not a number",
        NUMBER_HELP,
        meant="NUMBER",
    ),
)
BEGINNINGS = (
    "UNKNOWN",
    "SLASH",
    "DOT",
    "LBRACE",
    "LESSTHAN",
)  # tokens that a mistake may look like
HALVES = ("{{", "{%", "<%")  # whose first half passes for a brace


def known_mistake(token: Token) -> tuple[Diagnostic, Mistake] | None:
    """The mistake that begins with a token that the parser refused, if it is one of MISTAKES."""
    source, start = token.span.source, token.span.start
    if token.type not in BEGINNINGS:
        return None
    if source.text[start - 1 : start + 1] in HALVES:
        start -= 1
    for mistake in MISTAKES:
        if found := mistake.pattern.match(source.text, start):
            message = mistake.message.format(shorten(found[0]))
            place = Span(source, *found.span())
            return Diagnostic(mistake.code, message, place, mistake.help), mistake
    return None


def unknown_character(token: Token) -> Diagnostic:
    """A character that no token begins with."""
    character = token.text
    shown = f"`{character}`" if character.isprintable() else "a character"
    if not character.isascii() or not character.isprintable():
        name = unicodedata.name(character, "a control character")
        shown += f" (U+{ord(character):04X} {name})"
    plain = unicodedata.normalize("NFKC", character)  # of a full-width colon, a no-break space
    help = ""
    if character == "=":
        help = "a value follows a colon: `name: value`"
    elif character in CURLY_QUOTES:
        help = "text stands in straight quotes"
    elif plain != character and plain.isascii():
        help = "write an ordinary blank" if plain.isspace() else f"write `{plain}`"
    return Diagnostic("N104", f"{shown} has no meaning here", token.span, help)


def bad_escape(literal: Token, at: int) -> Diagnostic:
    """A backslash, `at` so many characters into the literal, that begins no escape."""
    start = literal.span.start + at
    place = Span(literal.span.source, start, min(start + 2, literal.span.end - 1))
    help = "write `\\\\` for a backslash"
    return Diagnostic("N108", f"`{place.text}` is not an escape", place, help)


def bad_utf8(text: Span) -> Diagnostic:
    """A text whose escapes give bytes that are no characters."""
    help = "write the character itself, or all its bytes in UTF-8"
    return Diagnostic("N110", "the escapes of this text are not UTF-8", text, help)


def bad_sign(word: Token) -> Diagnostic:
    """A minus before a name that is no number."""
    message = f"expected a number after `-`, found `{word.text}`"
    return Diagnostic("N109", message, word.span, NUMBER_HELP)


def shorten(text: str) -> str:
    """At most forty characters of a text, on one line."""
    words = " ".join(text[:200].split())
    return words if len(words) <= 40 else words[:37] + "..."
