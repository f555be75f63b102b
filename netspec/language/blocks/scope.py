"""What names mean at a place of a YAML spec, and the value of a leaf there.

A leaf is written in one of four ways:

    width: 64                 as it stands
    num_output: =width * 2    an expression
    name: "res{stage}"        a text with expressions in braces; {{ and }} are braces
    label: ==x                the text =x
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, SpecError, nearest
from netspec.language.blocks import expressions
from netspec.language.blocks.values import Deferred, Fault, Value, as_text, bounded
from netspec.language.yaml.nodes import Core, Leaf, Mapping, Node, Sequence
from netspec.source import Span

if TYPE_CHECKING:
    from netspec.language.blocks.block import Block

MAX_STEPS = 300_000
CHARACTERS_PER_STEP = 20
PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
BROKEN = object()  # the value of a name that has been reported; what uses it stays silent
INFINITE = {".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}


class TooMuch(SpecError):
    """The spec asks for more than any net can need; nothing after it is looked at."""


@dataclass
class Budget:
    """The work that one spec may cause, however small it is."""

    left: int = MAX_STEPS

    def spend(self, steps: int, span: Span) -> None:
        self.left -= steps
        if self.left < 0:
            message = f"the spec takes more than {MAX_STEPS:,} steps to expand"
            raise TooMuch(Diagnostic("N156", message, span, "repeat less"))


@dataclass(frozen=True, eq=False)
class Scope:
    """Names and blocks that a stretch of text can use.

    `via` is the chain of places that used the block in which the text stands, `within` the blocks
    themselves. `once` says that the text stands for itself alone, in no block and in no loop;
    `complete`, that every file which it uses could be read.
    """

    names: Names[str, Value]
    blocks: Names[str, Block]
    budget: Budget = field(default_factory=Budget)
    via: Span | None = None
    within: tuple[Block, ...] = ()
    once: bool = True
    complete: bool = True

    def bind(self, names: Names[str, Value]) -> Scope:
        """The same place with more names, for text that may be read several times."""
        return replace(self, names={**self.names, **names}, once=False)

    def span(self, span: Span) -> Span:
        """A place in the text, with how it was reached."""
        return span._replace(via=self.via) if self.via is not None else span

    def lookup(self, name: str) -> Value:
        if name in self.names:
            if self.names[name] is BROKEN:
                raise SpecError([])
            return self.names[name]
        help = nearest(name, self.names)
        if not help:
            known = ", ".join(self.names)
            help = f"the names here are {known}" if known else "no names are known here"
        raise Fault("N151", f"{name} is not known here", help)

    def value(self, node: Node) -> Value:
        """The value of a leaf; a list or mapping is kept as written. Raises SpecError."""
        if not isinstance(node, Leaf):
            return Written(node, self)
        self.budget.spend(1, node.span)
        match node.core:
            case Core.NULL:
                raise SpecError(Diagnostic("N138", "a value is missing", self.span(node.span)))
            case Core.BOOL:
                return node.text.lower() == "true"
            case Core.INT | Core.FLOAT:
                return self._number(node)
        return self._text(node)

    def structure(self, node: Node) -> tuple[Node, Scope]:
        """The list or mapping that a leaf such as `=body` names, with its scope; else the node."""
        if is_expression(node):
            value = self.value(node)
            if isinstance(value, Written):
                return value.node, value.scope
        return node, self

    def _number(self, leaf: Leaf) -> Value:
        text = leaf.text.lower().lstrip("+")
        if text in INFINITE:
            return INFINITE[text]
        try:
            return bounded(int(text, 0) if text[:2] in ("0x", "0o") else _decimal(leaf, text))
        except Fault as fault:
            raise self._error(fault, leaf, None) from None

    def _text(self, leaf: Leaf) -> Value:
        text = leaf.text
        if is_expression(leaf):
            return self._evaluate(leaf, text[1:], 1)
        at = 1 if text.startswith("==") else 0
        if "{" not in text and "}" not in text:
            return text[at:]
        pieces = []
        for piece in PIECE.finditer(text, at):
            if piece[1] is not None:
                value = self._evaluate(leaf, piece[1], piece.start(1))
                try:
                    pieces.append(as_text(value))
                except Fault as fault:
                    raise self._error(fault, leaf, piece.span(1)) from None
            elif piece[0] in ("{", "}"):
                help = f"write {piece[0] * 2} for the brace itself"
                single = Fault("N150", f"a single {piece[0]}", help)
                raise self._error(single, leaf, piece.span())
            else:
                pieces.append(piece[0][:1] if piece[0] in ("{{", "}}") else piece[0])
        try:
            return bounded("".join(pieces))
        except Fault as fault:
            raise self._error(fault, leaf, None) from None

    def _evaluate(self, leaf: Leaf, text: str, offset: int) -> Value:
        self.budget.spend(len(text) // CHARACTERS_PER_STEP, leaf.span)
        try:
            return expressions.evaluate(text, self.lookup)
        except Fault as fault:
            place = fault.place or (0, len(text))
            raise self._error(fault, leaf, (place[0] + offset, place[1] + offset)) from None

    def _error(self, fault: Fault, leaf: Leaf, place: tuple[int, int] | None) -> SpecError:
        """A diagnostic at characters of a leaf, or at the whole leaf where quoting moved them."""
        span = leaf.span
        quote = 1 if span.text[:1] in ("'", '"') else 0
        begin = span.start + quote
        if place is not None and span.source.text.startswith(leaf.text, begin):
            span = span._replace(start=begin + place[0], end=begin + max(place[1], place[0] + 1))
        return SpecError(Diagnostic(fault.code, fault.message, self.span(span), fault.help))


@dataclass(frozen=True, eq=False)
class Written(Deferred):
    """A list or mapping with the scope of its text, however far away it is used."""

    node: Sequence | Mapping
    scope: Scope

    def items(self, depth: int = 1) -> list[Value]:
        if isinstance(self.node, Mapping):
            raise Fault("N152", "expected a value, found a mapping")
        if depth > 2:
            raise Fault("N153", "a list of lists of lists")
        found = (self.scope.value(item.value) for item in self.node.items)
        return bounded([v.items(depth + 1) if isinstance(v, Written) else v for v in found])


def is_expression(node: Node) -> bool:
    """Whether a leaf is computed: it begins with one `=`."""
    return (
        isinstance(node, Leaf)
        and node.core is Core.TEXT
        and node.text.startswith("=")
        and not node.text.startswith("==")
    )


def _decimal(leaf: Leaf, text: str) -> Value:
    if leaf.core is Core.FLOAT:
        return float(text)
    if len(text) > 40:
        raise Fault("N153", "the number does not fit in 64 bits")
    return int(text)
