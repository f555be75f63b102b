"""The entries of `layers:` written out: blocks, loops and branches, layers joined in a chain.

An entry without `bottom` reads what the entry before it made; a layer without `top` makes a blob of
its own name (chain.py has the rules, naming.py the names).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.language.blocks.arguments import block_scope
from netspec.language.blocks.block import Block
from netspec.language.blocks.chain import Blobs, link
from netspec.language.blocks.entries import Text, Use, loop_body, refusal, rounds, take_apart
from netspec.language.blocks.layer_fields import layer_fields, text_fields
from netspec.language.blocks.naming import (
    Numbering,
    Path,
    block_path,
    find_blob,
    full_name,
    is_path,
    short_name,
)
from netspec.language.blocks.scope import Scope, TooMuch, is_expression
from netspec.language.elsewhere import nearest_type
from netspec.language.facts import Facts, LayerFacts
from netspec.language.tree import Field, Message
from netspec.language.yaml.messages import to_fields
from netspec.language.yaml.nodes import Item, Leaf, Mapping, Node, Sequence, describe

MAX_LAYERS = 20_000
MAX_DEPTH = 50
MAX_FAULTS = 500

Rules = tuple[Field, ...]


@dataclass(frozen=True)
class Place:
    """Where a list of layers stands: its block, the blobs that it goes on from, its rules."""

    path: Path = ()
    current: Blobs = ()
    rules: Rules = ()
    depth: int = 0


class Expander:
    """Writes the layers of one spec out. Methods return the blobs that what follows reads."""

    def __init__(self, facts: Facts, common: Collection[str], report: Report) -> None:
        self.facts, self.common, self.report = facts, common, report
        self.numbering = Numbering()
        self.blobs: set[str] = set()
        self.layers: list[Field] = []
        self.whole: list[Field] = []  # those of them whose own text had no fault

    def sequence(self, node: Node, scope: Scope, place: Place) -> Blobs:
        """A list of layers, or an expression that names one."""
        found, inner = scope.structure(node)
        if not isinstance(found, Sequence):
            message = f"expected a list of layers, found {describe(found)}"
            raise refusal(
                "N142", message, scope.span(node.span), "write `[...]`, or lines with `-`"
            )
        place = replace(place, depth=place.depth + 1)
        if place.depth > MAX_DEPTH:
            message = f"blocks, branches and loops are nested more than {MAX_DEPTH} deep"
            raise TooMuch(Diagnostic("N156", message, scope.span(node.span)))
        for item in found.items:
            try:
                place = replace(place, current=self.entry(item, inner, place))
            except TooMuch:
                raise
            except SpecError as error:
                self.report.extend(error.diagnostics)
            if len(self.report.errors) > MAX_FAULTS:
                raise TooMuch([])
        return place.current

    def entry(self, item: Item, scope: Scope, place: Place) -> Blobs:
        node = item.value
        scope.budget.spend(1, node.span)
        if is_expression(node):
            return self.sequence(node, scope, place)
        if isinstance(node, Mapping) and (over := node.get("for")) is not None:
            return self.loop(node, over, scope, place)
        use = take_apart(item, scope)
        if not use.is_wanted():
            return place.current
        if use.name in scope.blocks:
            return self.block(use, scope.blocks[use.name], place)
        if use.name in self.facts:
            return self.layer(use, self.facts[use.name], place)
        if not scope.complete:
            return place.current
        help = nearest_type(use.name, [*self.facts, *scope.blocks])
        raise refusal("N140", f"there is no layer type or block {use.name}", use.span, help)

    def loop(self, entry: Mapping, over: Item, scope: Scope, place: Place) -> Blobs:
        """`for: ...` and the `layers:` beside it, once for each round."""
        body = loop_body(entry, scope)
        for names in rounds(over, scope, self.report):
            scope.budget.spend(1, over.span)
            place = replace(place, current=self.sequence(body, scope.bind(names), place))
        return place.current

    def block(self, use: Use, block: Block, place: Place) -> Blobs:
        """A block's layers, under its name; the chain goes on from its last one."""
        if not block.usable:
            return place.current
        own, rules = use.text("name"), self.rules(use, place)
        start = self.start(use, own, rules, place)
        reads = place.current if start is None else texts_of(start)
        if own is None or not own.text:
            own = Text(self.numbering.next(place.path, block.name), use.span)
        path = block_path(own.resolved(full_name, place.path).text)
        scope = block_scope(use, block, path[-1], reads, self.report)
        first = len(self.layers)
        inside = replace(place, path=path, current=reads, rules=rules)
        end = self.sequence(block.body, scope, inside)
        if first < len(self.layers) and not place.path and use.scope.once:
            opened = self.layers[first]
            behind = (use.after,) if use.after else ()
            opened.before = (*use.before, "/".join(path), *behind, *opened.before)
        return end if rules is place.rules else place.current

    def layer(self, use: Use, facts: LayerFacts, place: Place) -> Blobs:
        """One layer; the chain goes on from its first top."""
        faults = len(self.report.errors)
        own, rules = use.text("name"), self.rules(use, place)
        bottoms = self.start(use, own, rules, place)
        name = own
        if name is None or not name.text:
            name = Text(self.numbering.next(place.path, short_name(use.name)), use.span)
        name = name.resolved(full_name, place.path)
        tops = use.texts("top")
        if tops is not None:
            tops = [top.resolved(full_name, place.path) for top in tops]
        linked = link(
            facts,
            name.text,
            place.current,
            None if bottoms is None else texts_of(bottoms),
            None if tops is None else texts_of(tops),
            conditional=rules is not place.rules,
        )
        if linked is None:
            lost = f"what follows this {use.name} has no bottom in the states that leave it out"
            raise refusal("N159", lost, use.span, "write its `top`")
        fields = [
            *text_fields("name", [name] if own is None or own.text else []),
            *text_fields("type", [Text(use.name, use.span)]),
            *text_fields("bottom", bottoms or [Text(blob, use.span) for blob in linked.bottoms]),
            *text_fields("top", tops or [Text(blob, use.span) for blob in linked.tops]),
            *layer_fields(use, facts, self.common, self.report),
            *rules,
        ]
        if len(self.layers) == MAX_LAYERS:
            message = f"the spec expands to more than {MAX_LAYERS:,} layers"
            raise TooMuch(Diagnostic("N156", message, use.span, "repeat less"))
        layer = Message(fields, use.span, use.settings.tail if use.inner.once else (), place.path)
        self.layers.append(Field("layer", layer, use.span, use.before, use.after))
        if len(self.report.errors) == faults:
            self.whole.append(self.layers[-1])
        self.numbering.taken.add(name.text)
        self.blobs.update(linked.tops)
        return linked.after

    def rules(self, use: Use, place: Place) -> Rules:
        """The include and exclude rules that hold: the entry's own, or those of its block."""
        own: list[Field] = []
        for word in ("include", "exclude"):
            if (item := use.word(word)) is None:
                continue
            if place.rules:
                message = f"{word} stands inside a block that has rules itself"
                help = "write rules on the block, or on the layers inside it"
                raise refusal("N158", message, use.inner.span(item.span), help)
            own += to_fields(item, use.inner, self.report)
        return tuple(own) or place.rules

    def start(self, use: Use, own: Text | None, rules: Rules, place: Place) -> list[Text] | None:
        """The blobs that an entry says it reads, by `bottom` or `of`; None where it says none."""
        read, of = use.texts("bottom"), use.word("of")
        if read is not None:
            read = [text.resolved(self.find, place.path) for text in read]
        if of is None:
            return read
        opens = own is not None and own.text and not is_path(own.text)
        path = block_path(full_name(place.path, own.text)) if own and opens else place.path
        current = place.current if read is None else texts_of(read)
        branching = replace(place, path=path, current=current, rules=rules)
        return list(self.branches(of, use.inner, branching))

    def find(self, path: Path, name: str) -> str:
        return find_blob(path, name, self.blobs)

    def branches(self, of: Item, scope: Scope, place: Place) -> Iterator[Text]:
        """What each branch of an `of` ends in; all of them begin where the place is."""
        node, inner = scope.structure(of.value)
        if isinstance(node, Leaf):
            message = f"of takes branches, found {describe(node)}"
            help = "write `of: {a: [...], b: [...]}`, or a list of lists"
            raise refusal("N160", message, scope.span(of.span), help)
        for item in node.items:
            body, _ = inner.structure(item.value)
            span = inner.span(item.span)
            if not isinstance(body, Sequence):
                message = f"a branch is a list of layers, found {describe(body)}"
                raise refusal("N160", message, span, "write `[]` for the blob itself")
            below = place
            if item.key is not None:
                branch = Text(item.name, span).resolved(full_name, place.path)
                below = replace(place, path=block_path(branch.text))
            for blob in self.sequence(item.value, inner, below):
                yield Text(blob, span)


def texts_of(texts: list[Text]) -> Blobs:
    return tuple(text.text for text in texts)
