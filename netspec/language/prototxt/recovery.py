"""A prototxt with faults read past each of them, to find every fault of the file at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from lark import Lark, UnexpectedToken

from netspec.diagnostics import Diagnostic, SpecError
from netspec.language.prototxt import faults
from netspec.language.prototxt.faults import between_fields, on_other_lines
from netspec.language.prototxt.lexical import Mistake, known_mistake, unknown_character
from netspec.language.prototxt.tokens import MAX_TOKENS, NESTING, Token, Tokens
from netspec.source import Span

MAX_FAULTS = 20  # after as many the rest of a file is left unread
MAX_SKIPPED = 10_000  # tokens passed over after one fault; a file that needs more is no prototxt
CERTAIN = {"N105", "N107", "N108", "N109", "N110"}  # faults of one token, which cause no other
OPENER = {"RBRACE": "LBRACE", "MORETHAN": "LESSTHAN", "RSQB": "LSQB"}
CLOSER = {opener: closer for closer, opener in OPENER.items()}


def find_faults(language: Lark, tokens: Tokens) -> list[Diagnostic]:
    """The faults of a text that the grammar refuses: at least one, at most MAX_FAULTS.

    Faults of one line may come of one another: of these only the first is told.
    """
    found, lines = [], set()
    for diagnostic in Recovery(language, tokens).run():
        line = diagnostic.span.line if diagnostic.span else 0
        if diagnostic.code in CERTAIN or line not in lines:
            found.append(diagnostic)
        if diagnostic.code not in CERTAIN:
            lines.add(line)
    return found


class Recovery:
    """The parser, and what it takes to go on where it stops.

    Where it is clear what was meant (a text without its closing quote), that is read instead.
    Elsewhere the field that the fault stands in is dropped, and reading goes on at the next line
    that begins with a name, or at the end of the message.
    """

    def __init__(self, language: Lark, tokens: Tokens) -> None:
        self.machine: Any = language.parse_interactive()
        self.tokens = tokens
        self.stream = iter(tokens)
        self.before: deque[Token] = deque(maxlen=3)
        self.balanced = True  # no fault so far that a missing brace may be part of
        self.suspect: Token | None = None  # an opener whose closer is indented like another's
        self.stops = 0
        self.over = False

    def run(self) -> Iterator[Diagnostic]:
        for token in islice(self.stream, MAX_TOKENS):
            yield from self.take(token)
            if self.over or self.stops >= MAX_FAULTS:
                return

    def take(self, token: Token) -> Iterator[Diagnostic]:
        """Feed the parser; if it refuses, say why and put it where it can go on."""
        self.watch_indentation(token)
        try:
            self.machine.feed_token(token)
        except SpecError as error:  # of the value that ended before this token
            self.stops += 1
            yield from error.diagnostics
            self.drop_field()
            yield from self.take(token)
        except UnexpectedToken:
            self.stops += 1
            yield from self.refuse(token)
        else:
            self.before.append(token)

    def refuse(self, token: Token) -> Iterator[Diagnostic]:
        accepted = self.machine.accepts()
        if (known := known_mistake(token)) is not None:
            yield from self.read_as_meant(*known, accepted)
        elif token.type == "TOO_DEEP":
            yield faults.too_deep(token)
            self.over = True
        elif token.type == "$END":
            yield from self.refuse_end(token, accepted)
        elif token.type in OPENER and between_fields(accepted):
            yield from self.refuse_closer(token)
        elif self.value_is_missing(token):
            name, colon, value = self.before
            yield faults.unexpected(value, (name, colon), {"NUMBER", "STRING"})
            yield from self.take(value)
            yield from self.take(token)
        else:
            bare_text = between_fields(accepted) and faults.goes_on(self.before, token)
            if token.type == "UNKNOWN" and not bare_text:
                yield unknown_character(token)
            else:
                yield faults.unexpected(token, self.before, accepted)
            yield from self.skip(token, accepted)

    def read_as_meant(
        self, found: Diagnostic, mistake: Mistake, accepted: set[str]
    ) -> Iterator[Diagnostic]:
        assert found.span is not None, "a known mistake has a place"
        self.tokens.position = found.span.end
        whole = Token(mistake.meant, found.span.text, found.span)
        name_with_digits = mistake.meant == "NUMBER" and "NUMBER" not in accepted
        if name_with_digits:
            yield faults.unexpected(whole, self.before, accepted)
            yield from self.skip(whole, accepted)
            return
        yield found
        if mistake.final:
            self.over = True
        elif mistake.meant in accepted:
            yield from self.take(whole._replace(text='""'))
        elif mistake.meant != "COMMENT":
            yield from self.skip(whole, accepted)

    def refuse_end(self, end: Token, accepted: set[str]) -> Iterator[Diagnostic]:
        self.over = True
        openers = self.openers()
        if not openers or accepted.isdisjoint(OPENER):
            yield faults.unexpected(end, self.before, accepted)
        elif self.balanced:
            last = self.before[-1].span if self.before else end.span
            place = Span(last.source, last.end, last.end)
            yield faults.unclosed(self.suspect or openers[-1], place)

    def refuse_closer(self, closer: Token) -> Iterator[Diagnostic]:
        """A closer between two fields: nothing is open, or something else is."""
        openers = self.openers()
        closes_outer = OPENER[closer.type] in (opener.type for opener in openers)
        if not openers or (closer.type == "RSQB" and not closes_outer):
            if self.balanced:
                yield faults.surplus(closer)
            return
        innermost = openers[-1]
        if self.balanced:
            yield faults.mismatched(closer, innermost)
            self.balanced = False  # which of the two braces is wrong can only be guessed
        yield from self.take(closer._replace(type=CLOSER[innermost.type]))
        if closes_outer:
            yield from self.take(closer)

    def value_is_missing(self, token: Token) -> bool:
        """Whether the name of the next field was read as a value: `pad:`, then `group: 2` below."""
        if [before.type for before in self.before] != ["NAME", "COLON", "NAME"]:
            return False
        begins_value = token.type in ("COLON", "LBRACE", "LESSTHAN")
        return begins_value and on_other_lines(self.before[1], self.before[2])

    def skip(self, token: Token, accepted: set[str]) -> Iterator[Diagnostic]:
        """Drop the field and pass over the text up to the next, `token` included."""
        last = self.before[-1] if self.before else None
        if "COLON" in accepted and last is not None and on_other_lines(last, token):
            self.balanced = False  # the brace of a message may be missing
        self.before.clear()
        self.drop_field()
        depth = 0
        for following in chain([token], islice(self.stream, MAX_SKIPPED)):
            at_name = following.type == "NAME" and (last is None or on_other_lines(last, following))
            at_closer = following.type in ("RBRACE", "MORETHAN")
            if following.type == "$END" or (depth == 0 and (at_name or at_closer)):
                self.tokens.depth = len(self.openers()) + NESTING.get(following.type, 0)
                yield from self.take(following)
                return
            depth = max(0, depth + NESTING.get(following.type, 0))
            last = following
        self.over = True

    def drop_field(self) -> None:
        """Take back what the parser holds of the field that it is in."""
        state = self.machine.parser_state
        while True:
            accepted = self.machine.accepts()
            if "NAME" in accepted and between_fields(accepted):
                return
            state.state_stack.pop()
            state.value_stack.pop()

    def openers(self) -> list[Token]:
        """The braces and brackets that the parser is in, from the outside in."""
        found: list[Token] = []
        for part in self.machine.parser_state.value_stack:
            if isinstance(part, Token) and part.type in CLOSER:
                found.append(part)
            elif isinstance(part, Token) and part.type in OPENER:
                found.pop()
        return found

    def watch_indentation(self, token: Token) -> None:
        """Suspect the first opener that stands deeper in its line than what closes it."""
        if self.suspect or token.type not in ("RBRACE", "MORETHAN") or not self.before:
            return
        openers = self.openers()
        if not openers or not on_other_lines(self.before[-1], token):
            return
        if _indentation(openers[-1].span) > _indentation(token.span):
            self.suspect = openers[-1]


def _indentation(place: Span) -> int:
    line = place.source.line(place.line).expandtabs()
    return len(line) - len(line.lstrip())
