"""A YAML spec to the net that it means: blocks, loops and branches written out, layers in a chain.

An entry without `bottom` reads what the entry before it made; a layer without `top` makes a blob of
its own name (netspec.language.chain has the rules, netspec.language.naming the names).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from netspec.diagnostics import Diagnostic, Report, SpecError, nearest
from netspec.language.arguments import block_scope
from netspec.language.blocks import Block
from netspec.language.chain import Blobs, link
from netspec.language.entries import Text, Use, loop_body, refusal, rounds, take_apart
from netspec.language.facts import Facts, LayerFacts
from netspec.language.layer_fields import input_layer, layer_fields
from netspec.language.library import Document, Library, Reader
from netspec.language.messages import to_fields
from netspec.language.naming import (
    Numbering,
    Path,
    block_path,
    find_blob,
    full_name,
    is_path,
    short_name,
)
from netspec.language.nodes import Item, Leaf, Mapping, Node, Sequence, describe
from netspec.language.read import read as read_file
from netspec.language.scope import Scope, TooMuch, is_expression
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.source import Source

MAX_LAYERS = 20_000
MAX_DEPTH = 50
MAX_FAULTS = 500


def expand_net(
    source: Source, facts: Facts, common: Collection[str], read: Reader = read_file
) -> Message:
    """The net that a YAML spec means, as a tree of prototxt's fields.

    `common` names the fields that every layer has; `read` opens the files of `use:`. Texts stay
    WORDs (netspec.language.words resolves them). Raises SpecError with every mistake found.
    """
    report = Report()
    document = Library(facts, report, read).open(source)
    message = Message([], document.root.span)
    try:
        message = Expander(facts, common, report, document).net()
    except TooMuch as error:
        report.extend(error.diagnostics)
    first = {(d.code, d.span and d.span[:3]): d for d in reversed(report.diagnostics)}
    distinct = Report()
    distinct.extend(first.values())
    distinct.stop()
    return message


@dataclass(frozen=True)
class Place:
    """Where a list of layers stands: its block, the blobs that it goes on from, its rules."""

    path: Path = ()
    current: Blobs = ()
    rules: tuple[Field, ...] = ()
    depth: int = 0


class Expander:
    """Writes the layers of one document out. Methods return the blobs that what follows reads."""

    def __init__(
        self, facts: Facts, common: Collection[str], report: Report, document: Document
    ) -> None:
        self.facts, self.common, self.report, self.document = facts, common, report, document
        self.numbering = Numbering()
        self.blobs: set[str] = set()
        self.layers: list[Field] = []

    def net(self) -> Message:
        """The whole net: its own settings, an Input layer for each of `inputs`, then `layers`."""
        root, scope = self.document.root, self.document.scope
        heads = [to_fields(item, scope, self.report) for item in self.document.settings()]
        inputs, layers = root.get("inputs"), root.get("layers")
        current = self.inputs(inputs, scope) if inputs is not None else ()
        if layers is None:
            help = nearest("layers", (item.name for item in root.items)) or "write `layers: [...]`"
            start = root.items[0].span if root.items else root.span
            raise refusal("N142", "the file has no layers", start, help)
        self.sequence(layers.value, scope, Place(current=current))
        if self.layers:
            opening = (section.before for section in (inputs, layers) if section is not None)
            self.layers[0].before = (*chain.from_iterable(opening), *self.layers[0].before)
        tail = layers.value.tail if isinstance(layers.value, Sequence) else ()
        return Message([*chain.from_iterable(heads), *self.layers], root.span, tail + root.tail)

    def inputs(self, section: Item, scope: Scope) -> Blobs:
        """An Input layer for each entry of `inputs:`; the chain begins at the first."""
        if not isinstance(section.value, Mapping):
            message = f"inputs takes blobs and their shapes, found {describe(section.value)}"
            help = "write `inputs: {data: [1, 3, 224, 224]}`"
            raise refusal("N142", message, section.value.span, help)
        for item in section.value.items:
            self.layers += input_layer(item, scope, self.report)
            self.blobs.add(item.name)
        return tuple(item.name for item in section.value.items[:1])

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
        help = nearest(use.name, [*self.facts, *scope.blocks])
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
        start = self.start(use, rules, place)
        reads = place.current if start is None else texts_of(start)
        called = own.text if own else self.numbering.next(place.path, block.name)
        path = block_path(place.path, called)
        if not path:
            raise nameless(use)
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
        own, rules = use.text("name"), self.rules(use, place)
        bottoms = self.start(use, rules, place)
        if own is None or not own.text:
            name = Text(self.numbering.next(place.path, short_name(use.name)), use.span)
        else:
            name = own
        name = name._replace(text=full_name(place.path, name.text))
        if not name.text:
            raise nameless(use)
        tops = use.texts("top")
        if tops is not None:
            tops = [text._replace(text=full_name(place.path, text.text)) for text in tops]
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
        self.numbering.taken.add(name.text)
        self.blobs.update(linked.tops)
        return linked.after

    def rules(self, use: Use, place: Place) -> tuple[Field, ...]:
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

    def start(self, use: Use, rules: tuple[Field, ...], place: Place) -> list[Text] | None:
        """The blobs that an entry says it reads, by `bottom` or `of`; None where it says none."""
        read, of, own = use.texts("bottom"), use.word("of"), use.text("name")
        if read is not None:
            read = [t._replace(text=find_blob(place.path, t.text, self.blobs)) for t in read]
        if of is None:
            return read
        opens = own is not None and not is_path(own.text)
        path = block_path(place.path, own.text) if own and opens else place.path
        current = place.current if read is None else texts_of(read)
        branching = replace(place, path=path, current=current, rules=rules)
        return list(self.branches(of, use.inner, branching))

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
            path = block_path(place.path, item.name) if item.key is not None else place.path
            for blob in self.sequence(item.value, inner, replace(place, path=path)):
                yield Text(blob, span)


def texts_of(texts: list[Text]) -> Blobs:
    return tuple(text.text for text in texts)


def text_fields(name: str, texts: list[Text]) -> list[Field]:
    """A field for each text, with its comments."""
    return [
        Field(name, Scalar(Kind.WORD, text, span), span, before, after)
        for text, span, before, after in texts
    ]


def nameless(use: Use) -> SpecError:
    help = "`.` is the block around, and `..` the one around that"
    return refusal("N157", "the name leads out of every block", use.span_of("name"), help)
