"""Nodes to the tree that prototxt is read into: a mapping is a message, a list a repeated field.

Text becomes a WORD, which is text or an enum's name as the setting that takes it demands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.language.blocks.scope import Scope, TooMuch
from netspec.language.blocks.values import Value
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.yaml.nodes import Core, Item, Leaf, Mapping, Node, Sequence
from netspec.language.yaml.parse import MAX_DEPTH, read_yaml
from netspec.source import Source, Span

FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
LEADING_ZEROS = re.compile(r"^(-?)0+(?=[0-9])")


def parse_yaml(source: Source) -> Message:
    """The message that a file writes setting by setting, such as a solver; raises SpecError."""
    report = Report()
    message = to_message(read_yaml(source), None, report)
    report.stop()
    return message


def to_message(node: Mapping, scope: Scope | None, report: Report, depth: int = 0) -> Message:
    """A mapping as a message. In a scope, expressions are evaluated; without, text is text."""
    span = _span(node.span, scope)
    if depth > MAX_DEPTH:
        raise TooMuch(Diagnostic("N135", f"messages are nested more than {MAX_DEPTH} deep", span))
    fields = []
    for item in node.items:
        fields += to_fields(item, scope, report, depth + 1)
    return Message(fields, span, node.tail if _once(scope) else ())


def to_fields(item: Item, scope: Scope | None, report: Report, depth: int = 0) -> list[Field]:
    """The fields that an entry of a mapping stands for; what is wrong goes to the report."""
    assert item.key is not None
    span = _span(item.key.span, scope)
    if not FIELD_NAME.match(item.name):
        help = "it has letters, digits and _"
        report.add("N137", f"{item.name} cannot be the name of a field", span, help)
        return []
    fields: list[Field] = []
    try:
        for each, where in _each(item, scope):
            comments = (each.before, each.after) if each is not item and _once(where) else ((), "")
            for value in _values(each.value, where):
                made = (
                    to_message(value, where, report, depth) if isinstance(value, Mapping) else value
                )
                fields.append(Field(item.name, made, span, *comments))
    except TooMuch:
        raise
    except SpecError as error:
        report.extend(error.diagnostics)
    if fields and _once(scope):
        fields[0].before = item.before + fields[0].before
        fields[0].after = item.after or fields[0].after
    return fields


def _each(item: Item, scope: Scope | None) -> Iterator[tuple[Item, Scope | None]]:
    """The entry itself, or each item of the list that it holds or names."""
    node, inner = _structure(item.value, scope)
    if not isinstance(node, Sequence):
        yield (item if node is item.value else Item(node)), inner
        return
    for each in node.items:
        child, where = _structure(each.value, inner)
        if isinstance(child, Sequence):
            raise SpecError(_list_in_list(_span(child.span, where)))
        yield replace(each, value=child), where


def _values(node: Node, scope: Scope | None) -> list[Scalar | Message | Mapping]:
    """What one node stands for: a mapping, to be read; one value; a computed list's values."""
    if isinstance(node, Mapping):
        return [node]
    assert isinstance(node, Leaf)
    span = _span(node.span, scope)
    if node.core is Core.NULL:
        return [Message([], span)]
    if scope is None or node.core is not Core.TEXT:
        return [literal(node, span)]
    value = scope.value(node)
    values = value if isinstance(value, list) else [value]
    if any(isinstance(each, list) for each in values):
        raise SpecError(_list_in_list(span))
    return [computed(each, span) for each in values]


def _structure(node: Node, scope: Scope | None) -> tuple[Node, Scope | None]:
    return scope.structure(node) if scope is not None else (node, None)


def literal(leaf: Leaf, span: Span) -> Scalar:
    """A leaf as it stands, numbers in prototxt's spelling."""
    match leaf.core:
        case Core.TEXT:
            return Scalar(Kind.WORD, leaf.text, span)
        case Core.BOOL:
            return Scalar(Kind.NAME, leaf.text.lower() if leaf.text.isupper() else leaf.text, span)
    text = leaf.text.removeprefix("+")
    if text.lower().endswith(("inf", "nan")):
        return infinite(text.lower().replace(".", ""), span)
    if text.startswith("0o"):
        return Scalar(Kind.NUMBER, "0" + text[2:], span)
    if text.lower().startswith("0x"):
        return Scalar(Kind.NUMBER, text, span)
    return Scalar(Kind.NUMBER, LEADING_ZEROS.sub(r"\1", text), span)


def infinite(text: str, span: Span) -> Scalar:
    """inf, -inf or nan, as prototxt reads them: words, or words behind a sign."""
    return Scalar(Kind.NUMBER if text.startswith("-") else Kind.NAME, text, span)


def computed(value: Value, span: Span) -> Scalar:
    """The value of an expression, pointing at the expression."""
    match value:
        case bool():
            return Scalar(Kind.NAME, "true" if value else "false", span)
        case str():
            return Scalar(Kind.WORD, value, span)
    text = repr(value)
    return infinite(text, span) if text[-1] in "fn" else Scalar(Kind.NUMBER, text, span)


def _list_in_list(span: Span) -> Diagnostic:
    return Diagnostic(
        "N138", "a list stands inside a list", span, "a setting takes values, or one list"
    )


def _span(span: Span, scope: Scope | None) -> Span:
    return scope.span(span) if scope is not None else span


def _once(scope: Scope | None) -> bool:
    return scope is None or scope.once
