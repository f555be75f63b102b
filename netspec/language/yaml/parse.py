"""YAML text to nodes, by the core rules of YAML 1.2 and without what a spec has no use for.

PyYAML reads the events (its C parser where there is one); types, limits and refusals are ours.
Anchors, aliases, tags and merge keys are refused: a block says the same, and no small file stands
for a large one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from netspec.diagnostics import Diagnostic, Note, Report, SpecError
from netspec.language.read import require_readable
from netspec.language.yaml.comments import attach_comments
from netspec.language.yaml.faults import syntax_fault
from netspec.language.yaml.nodes import Core, Item, Leaf, Mapping, Node, Sequence
from netspec.source import Source, Span

MAX_VALUES = 500_000
MAX_DEPTH = 100
MAX_REREAD = (
    200_000  # characters that the slow parser may read again, to word what the fast one refused
)

CORE = (
    (Core.NULL, re.compile(r"(~|null|Null|NULL|)\Z")),
    (Core.BOOL, re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")),
    (Core.INT, re.compile(r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")),
    (Core.FLOAT, re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")),
    (Core.FLOAT, re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")),
)
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SLOW: Any = yaml.SafeLoader
FAST: Any = getattr(yaml, "CSafeLoader", SLOW)


def core_type(plain: str) -> Core:
    """The type of a scalar that is written without quotes (YAML 1.2.2, 10.3.2)."""
    return next((core for core, pattern in CORE if pattern.match(plain)), Core.TEXT)


def read_yaml(source: Source, loaders: tuple[Any, ...] = (FAST, SLOW)) -> Mapping:
    """The mapping that a YAML file holds; raises SpecError with everything that is wrong in it.

    What the first of PyYAML's `loaders` refuses, the last one decides and words.
    """
    require_readable(source)
    if found := UNPRINTABLE.search(source.text):
        message = f"the character U+{ord(found[0]):04X} cannot stand in YAML"
        raise SpecError(Diagnostic("N130", message, Span(source, *found.span())))
    root, leaves = _nodes(source, loaders)
    if not isinstance(root, Mapping):
        span = root.span if root is not None else Span(source, 0, 0)
        raise SpecError(
            Diagnostic("N137", "the file holds no settings", span, "write `name: value`")
        )
    attach_comments(root, leaves, source)
    return root


def _nodes(source: Source, loaders: tuple[Any, ...]) -> tuple[Node | None, list[Leaf]]:
    """The root and all leaves in file order."""
    shift = 1 if source.text.startswith("\ufeff") else 0
    for loader in loaders:
        builder = _Builder(source, shift)
        try:
            for event in yaml.parse(source.text[shift:], Loader=loader):
                builder.take(event)
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark.index if error.problem_mark else 0
            if loader is not loaders[-1] and at <= MAX_REREAD:
                continue
            builder.report.extend([syntax_fault(error, source, shift)])
        break
    builder.report.stop()
    return builder.root, builder.leaves


@dataclass
class _Open:
    """A collection whose end has not come yet."""

    node: Sequence | Mapping
    key: Leaf | None = None
    seen: dict[str, Leaf] = field(default_factory=dict)
    is_key: bool = False


class _Builder:
    """Takes events one by one; no recursion, so that no nesting can exhaust the stack."""

    def __init__(self, source: Source, shift: int) -> None:
        self.source, self.shift = source, shift
        self.report = Report()
        self.root: Node | None = None
        self.leaves: list[Leaf] = []
        self.open: list[_Open] = []
        self.documents = self.values = 0

    def take(self, event: Any) -> None:
        span = Span(
            self.source, event.start_mark.index + self.shift, event.end_mark.index + self.shift
        )
        match event:
            case yaml.ScalarEvent():
                self.refuse_marks(event, span)
                quoted = event.style is not None and event.style != ""
                core = Core.TEXT if quoted else core_type(event.value)
                leaf = Leaf(core, event.value, span, quoted)
                self.leaves.append(leaf)
                self.add(leaf)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.refuse_marks(event, span)
                flow = bool(event.flow_style)
                made: Sequence | Mapping
                if isinstance(event, yaml.MappingStartEvent):
                    made = Mapping(span=span, flow=flow)
                else:
                    made = Sequence([], span, flow)
                self.start(made)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.end(span)
            case yaml.AliasEvent():
                self.refuse(f"*{event.anchor} refers to an anchor", span)
                self.add(Leaf(Core.TEXT, "", span))
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents == 2:
                    help = "keep one net in a file; blocks of other files come in by `use:`"
                    self.report.add("N134", "a second document begins here", span, help)
                    self.report.stop()
                if event.version not in (None, (1, 2)) or event.tags:
                    self.refuse("a directive asks for other rules than YAML 1.2", span)

    def start(self, made: Sequence | Mapping) -> None:
        if len(self.open) == MAX_DEPTH:
            message = f"the text is nested more than {MAX_DEPTH} deep"
            self.report.add("N135", message, made.span)
            self.report.stop()
        is_key = not self.add(made)
        self.open.append(_Open(made, is_key=is_key))

    def end(self, span: Span) -> None:
        closed = self.open.pop()
        node = closed.node
        last = span.end if node.flow else _end(node)
        node.span = node.span._replace(end=last)
        if closed.is_key:
            self.open[-1].key = Leaf(Core.TEXT, node.span.text, node.span)

    def add(self, node: Node) -> bool:
        """Put a node where it belongs; False for a collection that stands where a key should."""
        self.values += 1
        if self.values > MAX_VALUES:
            self.report.add("N136", f"the file has more than {MAX_VALUES:,} values", node.span)
            self.report.stop()
        if not self.open:
            self.root = node
            return True
        here = self.open[-1]
        if isinstance(here.node, Sequence):
            here.node.items.append(Item(node))
        elif here.key is not None:
            here.node.items.append(Item(node, here.key))
            here.key = None
        elif isinstance(node, Leaf):
            here.key = self.key(node, here.seen)
        else:
            help = "write `name: value`; text in braces or brackets needs quotes"
            self.report.add("N137", "a name cannot be a list or a mapping", node.span, help)
            return False
        return True

    def key(self, leaf: Leaf, seen: dict[str, Leaf]) -> Leaf:
        if leaf.core is Core.NULL or not leaf.text:
            self.report.add("N137", "a value has no name", leaf.span, "write `name: value`")
        elif leaf.text == "<<":
            self.refuse("<< merges mappings", leaf.span)
        elif leaf.text in seen:
            first = Note("the first is here", seen[leaf.text].span)
            help = "a list gives several values: `bottom: [a, b]`"
            self.report.add("N132", f"{leaf.text} is given twice", leaf.span, help, [first])
        seen.setdefault(leaf.text, leaf)
        return leaf

    def refuse_marks(self, event: Any, span: Span) -> None:
        if event.anchor is None and event.tag is None:
            return
        mark = span._replace(end=min(span.end, span.start + 1))
        if event.anchor is not None:
            self.refuse(f"&{event.anchor} sets an anchor", mark)
        if event.tag is not None:
            self.refuse(f"{event.tag} is a tag", mark)

    def refuse(self, what: str, span: Span) -> None:
        help = "a block with parameters says the same; types follow from how a value is written"
        self.report.add("N133", f"{what}, which specs do not have", span, help)


def _end(node: Sequence | Mapping) -> int:
    """Where a block collection ends: PyYAML's own mark lies behind the blank lines after it."""
    if not node.items:
        return node.span.end
    last = node.items[-1]
    return max(last.span.end, last.value.span.end)
