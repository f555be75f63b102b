"""A prototxt cut into tokens, by one pattern that is made of the terminals of prototxt.lark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lark import Lark

from netspec.source import Source, Span

MAX_TOKENS = 1_000_000  # a net of 2 MB has a quarter of them; as a tree they take half a GB
MAX_DEPTH = 100  # messages within messages: what protobuf itself reads
NESTING = {"LBRACE": 1, "LESSTHAN": 1, "RBRACE": -1, "MORETHAN": -1}


class Token(NamedTuple):
    """A terminal of the grammar as it stands in the text; lark looks at its type only.

    Two types are not in the grammar, so that the parser refuses them in their place: UNKNOWN, a
    character that begins no token, and TOO_DEEP, a brace past MAX_DEPTH.
    """

    type: str
    text: str
    span: Span


def token_pattern(language: Lark) -> re.Pattern[str]:
    """Blanks, then one terminal of the grammar as a group of its name, if there is one."""
    patterns = {t.name: t.pattern.to_regexp() for t in language.terminals}
    blank = patterns.pop("BLANK")
    groups = "|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items())
    return re.compile(f"(?:{blank})?(?:{groups})?")


class Tokens:
    """The tokens of a source in turn, $END the last. `comments` gathers the comments on the way.

    `position` and `depth` may be set while the tokens are taken: recovery from a fault does so.
    """

    def __init__(self, pattern: re.Pattern[str], source: Source) -> None:
        self.match = pattern.match
        self.source = source
        self.position = 1 if source.text.startswith("\ufeff") else 0
        self.depth = 0
        self.comments: list[Span] = []

    def __iter__(self) -> Iterator[Token]:
        source, match = self.source, self.match
        text, end = source.text, len(source.text)
        while True:
            found = match(text, self.position)
            assert found is not None, "the pattern matches the empty text"
            kind, stop = found.lastgroup, found.end()
            if kind is None:
                if stop == end:
                    break
                self.position = stop + 1
                yield Token("UNKNOWN", text[stop], Span(source, stop, stop + 1))
                continue
            self.position = stop
            span = Span(source, found.start(kind), stop)
            if kind == "COMMENT":
                self.comments.append(span)
                continue
            words = found[kind]
            if kind in NESTING:
                self.depth += NESTING[kind]
                if self.depth > MAX_DEPTH:
                    kind = "TOO_DEEP"
            yield Token(kind, words, span)
        yield Token("$END", "", Span(source, end, end))
