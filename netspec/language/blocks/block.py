"""Blocks: named lists of layers with parameters.

Here out has to be given at every use, and kernel has a default:

    blocks:
      conv:
        with: {out: , kernel: 1}
        layers:
          - Convolution: {num_output: =out, kernel_size: =kernel}
          - ReLU
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netspec.diagnostics import Report, nearest
from netspec.language.blocks.scope import Scope
from netspec.language.facts import Facts
from netspec.language.yaml.nodes import Core, Item, Leaf, Mapping, Node, Sequence, describe

ENTRY_WORDS = ("name", "bottom", "top", "when", "of", "include", "exclude")
KEYWORDS = ("if", "else", "and", "or", "not", "in", "true", "false")
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
BLOCK = re.compile(r"[^\s/={}]+\Z")


@dataclass(frozen=True, eq=False)
class Block:
    """A named list of layers; its text sees the names and blocks of its file, its `home`.

    One that is not `usable` has been reported, and its uses say nothing more.
    """

    key: Leaf
    parameters: dict[str, Item]
    body: Node
    home: Scope
    usable: bool = True

    @property
    def name(self) -> str:
        return self.key.text


def read_blocks(section: Item, home: Scope, facts: Facts, report: Report) -> Iterator[Block]:
    """The blocks of a `blocks:` section."""
    if not isinstance(section.value, Mapping):
        message = f"blocks takes names and what they stand for, found {describe(section.value)}"
        help = "write `blocks: {name: {layers: [...]}}`"
        report.add("N142", message, section.value.span, help)
        return
    for item in section.value.items:
        assert item.key is not None
        name, span = item.name, item.span
        if name in facts:
            report.add("N143", f"{name} is a layer type", span, "name the block differently")
        elif not BLOCK.match(name) or name == "for":
            help = "a name has no blanks and none of / = { }, and is not `for`"
            report.add("N143", f"a block cannot be called {name}", span, help)
        else:
            yield _block(item, item.key, home, report)


def _block(item: Item, key: Leaf, home: Scope, report: Report) -> Block:
    node = item.value
    body = node.get("layers") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or body is None:
        help = f"write `{key.text}: {{with: {{...}}, layers: [...]}}`"
        report.add("N143", f"the block {key.text} has no layers", key.span, help)
        return Block(key, {}, Sequence([], key.span), home, usable=False)
    before = len(report.errors)
    for other in node.items:
        if other.name not in ("with", "layers"):
            help = nearest(other.name, ("with", "layers")) or "a block has `with` and `layers`"
            report.add("N143", f"a block has no {other.name}", other.span, help)
    parameters = read_parameters(node.get("with"), report)
    return Block(key, parameters, body.value, home, usable=len(report.errors) == before)


def read_parameters(section: Item | None, report: Report) -> dict[str, Item]:
    """The names of a `with:` or `for:`, with the entries that hold their values."""
    if section is None:
        return {}
    if not isinstance(section.value, Mapping):
        message = f"{section.name} takes names, found {describe(section.value)}"
        report.add("N143", message, section.value.span, "write `{name: value}`")
        return {}
    for item in section.value.items:
        if item.name in (*ENTRY_WORDS, *KEYWORDS):
            message = f"{item.name} has a meaning of its own"
            report.add("N143", message, item.span, "choose another name")
        elif not PARAMETER.match(item.name):
            help = "letters, digits and _, not a digit first"
            report.add("N143", f"{item.name} cannot be used in an expression", item.span, help)
    return {item.name: item for item in section.value.items}


def is_missing(node: Node) -> bool:
    """Whether a parameter has no default: `out:` with nothing behind it."""
    return isinstance(node, Leaf) and node.core is Core.NULL
