"""A spec's text, in whichever language it is written, as the tree of today's prototxt."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import PurePath

from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.language.facts import Facts
from netspec.language.prototxt.parse import parse
from netspec.language.read import MAX_BYTES, decode
from netspec.language.tree import Field, Message
from netspec.language.upgrade import upgrade, upgrade_solver
from netspec.source import Source, Span

YAML_ENDINGS = (".yaml", ".yml")
SOLVER = re.compile(r"^(base_lr|lr_policy|max_iter|(train_|test_)?net(_param)?)\s*[:{]", re.M)
SECTIONS = re.compile(r"^(?:layers:\s*(?:#.*\n\s*)*[-\[]|(?:with|use|blocks|inputs):)", re.M)


def is_yaml(name: str) -> bool:
    """Whether a file of that name is read as YAML; everything else is prototxt."""
    return PurePath(name).suffix.lower() in YAML_ENDINGS


def open_net(
    source: Source,
    facts: Facts,
    common: Collection[str],
    report: Report,
    faults_of: Callable[[Field], Iterable[Diagnostic]],
) -> Message:
    """The tree of a net; raises SpecError where the text cannot be read.

    Then it also tells what `faults_of` finds in the layers of today's form that could be read.
    """

    def faults_of_any(entry: Field) -> Iterator[Diagnostic]:
        for layer in upgrade(Message([entry], entry.span), Report()).each("layer"):
            yield from faults_of(layer)

    if is_yaml(source.name):
        from netspec.language.blocks.expand import expand_net  # only YAML pays for the YAML reader

        return upgrade(expand_net(source, facts, common, faults_of=faults_of_any), report)
    try:
        return upgrade(parse(source), report)
    except SpecError:
        if found := SECTIONS.search(source.text):
            message = "this looks like YAML, and the file's name does not end in .yaml"
            place = Span(source, found.start(), source.text.index(":", found.start()))
            raise SpecError(Diagnostic("N101", message, place, "name the file .yaml")) from None
        raise


def open_solver(source: Source, report: Report) -> Message:
    """The tree of a solver in today's form; raises SpecError where the text cannot be read."""
    if is_yaml(source.name):
        from netspec.language.yaml.messages import parse_yaml  # only YAML pays for the YAML reader

        return upgrade_solver(parse_yaml(source), report)
    return upgrade_solver(parse(source), report)


def standard_input() -> Source:
    """The text that is piped in, under a name that says which language it looks to be in."""
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    yaml = SECTIONS.search(data.decode(errors="replace"))
    return decode("<stdin>.yaml" if yaml else "<stdin>.prototxt", data)


def blocks_alone(source: Source) -> int:
    """How many blocks a YAML file has that gives blocks to others and is no net; 0 for any other.

    Raises SpecError where the text is no YAML.
    """
    from netspec.language.yaml.nodes import Mapping
    from netspec.language.yaml.parse import read_yaml

    if not is_yaml(source.name):
        return 0
    root = read_yaml(source)
    blocks = root.get("blocks")
    if blocks is None or not {item.name for item in root.items} <= {"with", "use", "blocks"}:
        return 0
    return len(blocks.value.items) if isinstance(blocks.value, Mapping) else 0


def is_solver(source: Source) -> bool:
    """Whether a text is a solver file: it writes, at the start of a line, what only solvers say."""
    return SOLVER.search(source.text) is not None
