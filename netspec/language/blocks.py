"""Blocks: named lists of layers with parameters, from the file itself and from those it uses.

use: [../residual.yaml]
with: {width: 64}                       # names for the whole file
blocks:
  conv:
    with: {out: , kernel: 1}            # out has to be given; kernel has a default
    layers: [...]
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from netspec.diagnostics import Diagnostic, Note, Report, SpecError, nearest
from netspec.language.facts import Facts
from netspec.language.nodes import Core, Item, Leaf, Mapping, Node, Sequence, describe
from netspec.language.scope import Budget, Scope
from netspec.language.values import Value
from netspec.language.yaml import read_yaml
from netspec.source import Source, Span

Reader = Callable[[Path, Span], Source]

SECTIONS = ("with", "use", "blocks", "inputs", "layers")
ENTRY_WORDS = ("name", "bottom", "top", "when", "of", "include", "exclude")
KEYWORDS = ("if", "else", "and", "or", "not", "in", "true", "false")
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
BLOCK = re.compile(r"[^\s/={}]+\Z")
MAX_FILES = 100


@dataclass(frozen=True, eq=False)
class Block:
    """A named list of layers; its text sees the names and blocks of its file, its `home`."""

    key: Leaf
    parameters: dict[str, Item]
    body: Node
    home: Scope

    @property
    def name(self) -> str:
        return self.key.text


@dataclass(frozen=True, eq=False)
class Document:
    """A file, read as far as it can be without expanding anything."""

    root: Mapping
    scope: Scope
    own: dict[str, Block]

    def section(self, name: str) -> Item | None:
        return self.root.get(name)

    def settings(self) -> list[Item]:
        """The fields of the net itself: name, force_backward, state."""
        return [item for item in self.root.items if item.name not in SECTIONS]


@dataclass
class Library:
    """Reads a file and those that it uses, each once."""

    facts: Facts
    report: Report
    read: Reader
    budget: Budget = field(default_factory=Budget)
    documents: dict[str, Document] = field(default_factory=dict)
    opening: list[str] = field(default_factory=list)

    def open(self, source: Source) -> Document:
        """The document that a source holds; what its blocks are called is checked, used or not."""
        root = read_yaml(source)
        blocks: dict[str, Block] = {}
        names: dict[str, Value] = {}
        scope = Scope(names, blocks, self.budget)
        path = _normal(source.name)
        self.opening.append(path)
        if (use := root.get("use")) is not None:
            for used in self.used(use, source):
                for name, block in used.own.items():
                    self.define(name, block, blocks)
        self.opening.pop()
        own = {}
        for block in self.defined(root.get("blocks"), scope):
            if self.define(block.name, block, blocks):
                own[block.name] = block
        for name, item in self.parameters(root.get("with")).items():
            try:
                names[name] = scope.value(item.value)
            except SpecError as error:
                self.report.extend(error.diagnostics)
        document = self.documents[path] = Document(root, scope, own)
        return document

    def used(self, use: Item, source: Source) -> list[Document]:
        entries = use.value.items if isinstance(use.value, Sequence) else [use]
        found = []
        for entry in entries:
            if not isinstance(entry.value, Leaf) or entry.value.core is not Core.TEXT:
                message = f"use takes files, found {describe(entry.value)}"
                self.report.add("N148", message, entry.value.span, "write `use: [blocks.yaml]`")
            elif (document := self.file(entry.value, source)) is not None:
                found.append(document)
        return found

    def file(self, leaf: Leaf, source: Source) -> Document | None:
        """The document that a `use` names, relative to the file that it stands in."""
        if PurePosixPath(leaf.text).is_absolute() or PureWindowsPath(leaf.text).anchor:
            help = f"write the way from {Path(source.name).name} to it, such as ../blocks.yaml"
            self.report.add("N148", "use takes relative paths only", leaf.span, help)
            return None
        path = _normal(Path(source.name).parent / leaf.text)
        if path in self.opening:
            chain = " uses ".join([*self.opening[self.opening.index(path) :], path])
            self.report.add("N149", f"files use each other: {chain}", leaf.span)
            return None
        if path not in self.documents:
            if len(self.documents) + len(self.opening) >= MAX_FILES:
                self.report.add("N148", f"more than {MAX_FILES} files are used", leaf.span)
                return None
            try:
                self.open(self.read(Path(path), leaf.span))
            except SpecError as error:
                note = Note("the file is used here", leaf.span)
                self.report.extend(
                    d
                    if d.span == leaf.span
                    else Diagnostic(d.code, d.message, d.span, d.help, (*d.notes, note))
                    for d in error.diagnostics
                )
        return self.documents.get(path)

    def define(self, name: str, block: Block, blocks: dict[str, Block]) -> bool:
        first = blocks.setdefault(name, block)
        if first is block:
            return True
        note = Note("the first is here", first.key.span)
        message = f"the block {name} is defined twice"
        self.report.add("N144", message, block.key.span, "rename one of the two", [note])
        return False

    def defined(self, section: Item | None, home: Scope) -> list[Block]:
        """The blocks of a `blocks:` section."""
        if section is None:
            return []
        if not isinstance(section.value, Mapping):
            message = f"blocks takes names and what they stand for, found {describe(section.value)}"
            self.report.add(
                "N142", message, section.value.span, "write `blocks: {name: {layers: [...]}}`"
            )
            return []
        made = (self.block(item, home) for item in section.value.items)
        return [block for block in made if block is not None]

    def block(self, item: Item, home: Scope) -> Block | None:
        assert item.key is not None
        name, node = item.key, item.value
        if name.text in self.facts:
            self.report.add(
                "N143", f"{name.text} is a layer type", name.span, "name the block differently"
            )
            return None
        if not BLOCK.match(name.text) or name.text == "for":
            help = "a name without blanks, /, =, { and }, other than `for`"
            self.report.add("N143", f"a block cannot be called {name.text}", name.span, help)
            return None
        body = node.get("layers") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping) or body is None:
            help = f"write `{name.text}: {{with: {{...}}, layers: [...]}}`"
            self.report.add("N143", f"the block {name.text} has no layers", name.span, help)
            return None
        for other in node.items:
            if other.name not in ("with", "layers"):
                help = nearest(other.name, ("with", "layers")) or "a block has `with` and `layers`"
                self.report.add("N143", f"a block has no {other.name}", other.span, help)
        return Block(name, self.parameters(node.get("with")), body.value, home)

    def parameters(self, section: Item | None) -> dict[str, Item]:
        """The names of a `with:` section, with the entries that hold their defaults."""
        if section is None:
            return {}
        if not isinstance(section.value, Mapping):
            message = f"with takes names, found {describe(section.value)}"
            self.report.add("N143", message, section.value.span, "write `with: {out: , kernel: 1}`")
            return {}
        for item in section.value.items:
            if item.name in (*ENTRY_WORDS, *KEYWORDS):
                message = f"{item.name} has a meaning of its own"
                self.report.add("N143", message, item.span, "name the parameter differently")
            elif not PARAMETER.match(item.name):
                help = "letters, digits and _, not a digit first"
                self.report.add("N143", f"{item.name} cannot name a parameter", item.span, help)
        return {item.name: item for item in section.value.items}


def is_missing(node: Node) -> bool:
    """Whether a parameter has no default: `out:` with nothing behind it."""
    return isinstance(node, Leaf) and node.core is Core.NULL


def _normal(path: str | Path) -> str:
    return os.path.normpath(path)
