"""An entry of `layers:` taken apart: which layer type or block it uses, or what it repeats.

Entries are written in one of four ways:

    - ReLU                                    a type or block alone
    - Convolution: {num_output: 64}           with its settings
    - for: {i: 3}                             the layers below, three times, i from 1 to 3
      layers: [...]
    - for: {width: [64, 128], pad: [1, 2]}    the layers below, once for each, side by side
      layers: [...]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.language.blocks.block import is_missing, read_parameters
from netspec.language.blocks.naming import Path
from netspec.language.blocks.scope import Scope, Written
from netspec.language.blocks.values import Fault, Value, as_text, read
from netspec.language.yaml.faults import UNCOLONED
from netspec.language.yaml.nodes import Core, Item, Leaf, Mapping, Node, Sequence, describe
from netspec.source import Span


def refusal(code: str, message: str, span: Span, help: str = "") -> SpecError:
    """A diagnostic, ready to be raised."""
    return SpecError(Diagnostic(code, message, span, help))


class Text(NamedTuple):
    """A name that an entry gives, with its place and comments."""

    text: str
    span: Span
    before: tuple[str, ...] = ()
    after: str = ""

    def resolved(self, resolve: Callable[[Path, str], str], path: Path) -> Text:
        """What the name means in a block; raises SpecError at the name."""
        try:
            return self._replace(text=resolve(path, self.text))
        except Fault as fault:
            raise refusal(fault.code, fault.message, self.span, fault.help) from None


@dataclass(frozen=True, eq=False)
class Use:
    """A layer type or a block, its settings, and the scopes of both texts."""

    key: Leaf
    scope: Scope
    settings: Mapping
    inner: Scope
    before: tuple[str, ...] = ()
    after: str = ""

    @property
    def name(self) -> str:
        return self.key.text

    @property
    def span(self) -> Span:
        return self.scope.span(self.key.span)

    def word(self, word: str) -> Item | None:
        return self.settings.get(word)

    def text(self, word: str) -> Text | None:
        """The one text behind a word, or None where the word is not there."""
        texts = self.texts(word)
        if texts is not None and len(texts) != 1:
            raise refusal("N157", f"{word} takes one text, found a list", self.span_of(word))
        return texts[0] if texts else None

    def texts(self, word: str) -> list[Text] | None:
        """One or several texts behind a word; None where the word is not there."""
        item = self.settings.get(word)
        if item is None:
            return None
        node, scope = self.inner.structure(item.value)
        items = node.items if isinstance(node, Sequence) else [replace(item, value=node)]
        found = [text for each in items for text in _texts(word, each, scope)]
        if isinstance(node, Sequence) and found and self.inner.once:
            found[0] = found[0]._replace(before=item.before + found[0].before)
            found[-1] = found[-1]._replace(after=item.after or found[-1].after)
        return found

    def span_of(self, word: str) -> Span:
        """Where the value of a word stands, or else the entry."""
        item = self.settings.get(word)
        return self.span if item is None else self.inner.span(item.value.span)

    def is_wanted(self) -> bool:
        """What `when` says, which decides while expanding whether the entry is there at all."""
        item = self.settings.get("when")
        if item is None:
            return True
        value = self.inner.value(item.value)
        if not isinstance(value, bool):
            span = self.span_of("when")
            raise refusal("N154", "when takes true or false", span, "compare: `when: =i > 1`")
        return value


def _texts(word: str, item: Item, scope: Scope) -> Iterator[Text]:
    node, span = item.value, scope.span(item.value.span)
    comments = (item.before, item.after) if scope.once else ((), "")
    if isinstance(node, Mapping):
        raise refusal("N157", f"{word} takes text, found a mapping", span)
    if isinstance(node, Leaf) and node.core in (Core.INT, Core.FLOAT):
        yield Text(node.text, span, *comments)
        return
    try:
        value = read(scope.value(node))
        for each in value if isinstance(value, list) else [value]:
            yield Text(as_text(each), span, *comments)
    except Fault as fault:
        raise refusal("N157", f"{word}: {fault.message}", span) from None


def take_apart(item: Item, scope: Scope) -> Use:
    """The use of a layer type or block that an entry writes; raises SpecError (N141)."""
    node = item.value
    comments = (item.before, item.after) if scope.once else ((), "")
    key = node.items[0].key if isinstance(node, Mapping) and node.items else node
    if isinstance(key, Leaf) and (found := UNCOLONED.match(key.text)) and not key.quoted:
        message = f"a colon is missing after {found[1]}"
        raise refusal("N141", message, scope.span(key.span), f"write `- {found[1]}: {{...}}`")
    if isinstance(node, Leaf) and node.core is Core.TEXT:
        return Use(node, scope, Mapping(span=node.span), scope, *comments)
    if not isinstance(node, Mapping) or not node.items:
        help = "write `- ReLU`, or `- Convolution: {num_output: 64}`"
        raise refusal(
            "N141", f"expected a layer, found {describe(node)}", scope.span(node.span), help
        )
    pair = node.items[0]
    assert pair.key is not None
    if len(node.items) > 1:
        help = f"indent the settings of {pair.name} further than {pair.name} itself"
        place = scope.span(node.items[1].span)
        raise refusal("N141", "an entry has one layer type or block", place, help)
    if scope.once:
        comments = (item.before + pair.before, item.after or pair.after)
    settings, inner = scope.structure(pair.value)
    if is_missing(settings):
        settings = Mapping(span=pair.key.span)
    if not isinstance(settings, Mapping):
        message = f"the settings of {pair.name} are a mapping, found {describe(settings)}"
        help = f"write `- {pair.name}: {{name: value}}`"
        raise refusal("N141", message, scope.span(pair.value.span), help)
    return Use(pair.key, scope, settings, inner, *comments)


def loop_body(entry: Mapping, scope: Scope) -> Node:
    """What an entry with `for` repeats; raises SpecError (N141)."""
    for other in entry.items:
        if other.name not in ("for", "layers"):
            help = "an entry that repeats has `for` and `layers`"
            raise refusal("N141", f"{other.name} stands beside for", scope.span(other.span), help)
    body = entry.get("layers")
    if body is None:
        span = scope.span(entry.items[0].span)
        raise refusal("N141", "for has no layers", span, "write what to repeat: `layers: [...]`")
    return body.value


def rounds(over: Item, scope: Scope, report: Report) -> Iterator[dict[str, Value]]:
    """What the names of a `for` stand for, each time; raises SpecError (N154, N155)."""
    span = scope.span(over.span)
    counted, inner = scope.structure(over.value)
    if not isinstance(counted, Mapping) or not counted.items:
        help = "write `for: {i: 3}` or `for: {width: [64, 128]}`"
        raise refusal("N154", f"for takes names, found {describe(counted)}", span, help)
    read_parameters(replace(over, value=counted), report)
    turns = {item.name: _turns(item, inner) for item in counted.items}
    if len({len(each) for each in turns.values()}) > 1:
        lengths = ", ".join(f"{name} has {len(each)}" for name, each in turns.items())
        help = "give lists of one length, or one `for` inside another"
        raise refusal("N155", f"the lists differ in length: {lengths}", span, help)
    for values in zip(*turns.values()):
        yield dict(zip(turns, values))


def _turns(item: Item, scope: Scope) -> range | list[Value]:
    node, inner = scope.structure(item.value)
    if isinstance(node, Sequence):
        return [inner.value(each.value) for each in node.items]
    value = inner.value(node)
    if isinstance(value, list):
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        found = "a mapping" if isinstance(value, Written) else describe(node)
        message = f"{item.name} runs over a list or up to a whole number, found {found}"
        span = scope.span(item.value.span)
        raise refusal("N154", message, span, "write `{i: 2}`, which runs 1, 2, or `{i: [a, b]}`")
    return range(1, value + 1)
