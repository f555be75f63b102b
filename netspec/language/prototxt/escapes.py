"""Text in quotes: what protobuf's escapes stand for, and how any text is written with them."""

from __future__ import annotations

import re

ESCAPE = re.compile(
    r"\\(?:(?P<letter>[abfnrtv\\'\"?])"
    r"|(?P<octal>[0-7]{1,3})"
    r"|x(?P<byte>[0-9a-fA-F]{1,2})"
    r"|u(?P<pair>[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})"
    r"|U(?P<long>(?:000[0-9a-fA-F]|0010)[0-9a-fA-F]{4}))"
)
LETTERS = dict(zip("abfnrtv\\'\"?", "\a\b\f\n\r\t\v\\'\"?"))
WRITTEN = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class BadEscape(ValueError):
    """A backslash that begins no escape, `at` so many characters into the literal."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def decode(literal: str) -> bytes:
    """What a literal, quotes included, stands for.

    Bytes, since one escape may give the first byte of a character and the next literal the second.
    Raises BadEscape.
    """
    pieces, at, end = [], 1, len(literal) - 1
    while (slash := literal.find("\\", at, end)) >= 0:
        escape = ESCAPE.match(literal, slash, end)
        if escape is None:
            raise BadEscape(slash)
        pieces += [literal[at:slash].encode(), _decode_escape(escape)]
        at = escape.end()
    pieces.append(literal[at:end].encode())
    return b"".join(pieces)


def _decode_escape(escape: re.Match[str]) -> bytes:
    kind = escape.lastgroup
    assert kind is not None, "every alternative of ESCAPE is named"
    digits = escape[kind]
    if kind == "letter":
        return LETTERS[digits].encode()
    if kind in ("octal", "byte"):
        return bytes([int(digits, 8 if kind == "octal" else 16) & 0xFF])
    if kind == "pair":  # two UTF-16 surrogates, as JSON writes a character past U+FFFF
        high, low = int(digits[:4], 16), int(digits[-4:], 16)
        return chr(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)).encode()
    return chr(int(digits, 16)).encode(errors="surrogatepass")


def quote(text: str) -> str:
    """A literal that stands for the text; what cannot be seen is written as octal bytes."""
    return '"' + "".join(map(_write, text)) + '"'


def _write(character: str) -> str:
    if character in WRITTEN:
        return WRITTEN[character]
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode())
