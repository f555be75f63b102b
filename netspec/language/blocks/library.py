"""The files of a spec: its own, and those that it uses for their blocks.

A file gives its own blocks only, not those of files that it uses. `with` names values for it all:

    use: [../residual.yaml]
    with: {width: 64}
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from netspec.diagnostics import Diagnostic, Note, Report, SpecError, closest
from netspec.language.blocks.block import Block, read_blocks, read_parameters
from netspec.language.blocks.scope import BROKEN, Budget, Scope
from netspec.language.blocks.values import Value
from netspec.language.facts import Facts
from netspec.language.yaml.nodes import Core, Item, Leaf, Mapping, Sequence, describe
from netspec.language.yaml.parse import read_yaml
from netspec.source import Source, Span

Reader = Callable[[Path, Span], Source]

SECTIONS = ("with", "use", "blocks", "inputs", "layers")
OF_THE_NET = ("name", "input", "input_dim", "input_shape", "force_backward", "state", "debug_info")
MAX_FILES = 100


@dataclass(frozen=True, eq=False)
class Document:
    """A file, read as far as that needs no expanding; `own` are the blocks that it gives."""

    root: Mapping
    scope: Scope
    own: tuple[Block, ...]

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
        """The document that a source holds. Raises SpecError where it cannot be read at all."""
        root = read_yaml(source)
        _require_sections(root)
        path = os.path.normpath(source.name)
        names: dict[str, Value] = {}
        blocks: dict[str, Block] = {}
        self.opening.append(path)
        used = self.used(root.get("use"), source)
        self.opening.pop()
        self.define([block for document in used if document for block in document.own], blocks)
        scope = Scope(names, blocks, self.budget, complete=None not in used)
        section = root.get("blocks")
        own = read_blocks(section, scope, self.facts, self.report) if section is not None else ()
        document = Document(root, scope, self.define(own, blocks))
        for name, item in read_parameters(root.get("with"), self.report).items():
            try:
                names[name] = scope.value(item.value)
            except SpecError as error:
                names[name] = BROKEN
                self.report.extend(error.diagnostics)
        self.documents[path] = document
        return document

    def used(self, use: Item | None, source: Source) -> list[Document | None]:
        """The files of a `use:`; None for each that cannot be used."""
        if use is None:
            return []
        found: list[Document | None] = []
        for entry in use.value.items if isinstance(use.value, Sequence) else [use]:
            if isinstance(entry.value, Leaf) and entry.value.core is Core.TEXT:
                found.append(self.file(entry.value, source))
            else:
                message = f"use takes files, found {describe(entry.value)}"
                self.report.add("N148", message, entry.value.span, "write `use: [blocks.yaml]`")
                found.append(None)
        return found

    def file(self, leaf: Leaf, source: Source) -> Document | None:
        """The document that a `use` names, by its way from the file in which it stands."""
        if PurePosixPath(leaf.text).is_absolute() or PureWindowsPath(leaf.text).anchor:
            help = f"write the way from {Path(source.name).name} to it, such as ../blocks.yaml"
            self.report.add("N148", "use takes relative paths only", leaf.span, help)
            return None
        path = os.path.normpath(Path(source.name).parent / leaf.text)
        if path in self.opening:
            cycle = " uses ".join([*self.opening[self.opening.index(path) :], path])
            self.report.add("N149", f"files use each other: {cycle}", leaf.span)
            return None
        if path not in self.documents:
            if len(self.documents) + len(self.opening) >= MAX_FILES:
                self.report.add("N148", f"more than {MAX_FILES} files are used", leaf.span)
                return None
            try:
                self.open(self.read(Path(path), leaf.span))
            except SpecError as error:
                note = Note("the file is used here", leaf.span)
                for each in error.diagnostics:
                    elsewhere = () if each.span == leaf.span else (note,)
                    self.report.extend([replace(each, notes=(*each.notes, *elsewhere))])
        return self.documents.get(path)

    def define(self, found: Iterable[Block], blocks: dict[str, Block]) -> tuple[Block, ...]:
        """Add blocks under their names; returns those whose names were free."""
        added = []
        for block in found:
            first = blocks.setdefault(block.name, block)
            if first is block:
                added.append(block)
                continue
            note = Note("the first is here", first.key.span)
            message = f"the block {block.name} is defined twice"
            self.report.add("N144", message, block.key.span, "rename one of the two", [note])
        return tuple(added)


def _require_sections(root: Mapping) -> None:
    """Raise SpecError where a section is misspelt: nothing that depends on it could be found."""
    wrong = []
    for item in root.items:
        near = closest(item.name, SECTIONS)
        if near is not None and item.name not in (*SECTIONS, *OF_THE_NET):
            message, help = f"a spec has no section {item.name}", f"the nearest name is {near}"
            wrong.append(Diagnostic("N142", message, item.span, help))
    if wrong:
        raise SpecError(wrong)
