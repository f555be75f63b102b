"""Advise how a net could cost less or learn better, with the rewrite that does it.

The findings are those that the design principles of "Rethinking the Inception architecture"
(arXiv 1512.00567) make, and changes after which a net computes the same. Each says what it costs
now and after, in MACs of one image; `netspec rewrite` makes it in the file.

    netspec advise specs/googlenet/googlenet.yaml
    netspec advise specs/googlenet/googlenet.yaml --all --json
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.show import print_json
from tools.spec_state import open_spec

if TYPE_CHECKING:
    from netspec.graph import Node
    from netspec.rewrite.advise import Advice, Figures, Place

MOST = 4  # places that are listed without --all


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    argument.state(parser, None)
    help = "list every place, and rewrites that nothing asks for"
    parser.add_argument("--all", action="store_true", help=help)
    argument.json(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.rewrite.advise import advise

    spec, state = open_spec(options)
    now, found = advise(spec, state, options.all)
    if options.json:
        said = {"phase": state.phase.name, "now": now.as_json()}
        print_json(said | {"advice": [each.as_json() for each in found]})
        return 0
    print(_wrapped(f"{options.spec}: {state.phase.name}, {_told(now)}", 0))
    for each in found:
        print("\n" + "\n".join(_lines(each, now, options.spec, options.all)))
    if not found:
        print("nothing is advised")
    return 0


def _where(node: Node) -> str:
    """The line where the file asks for a layer, though a block writes it."""
    if node.span is None:
        return "new"
    *_, outermost = node.span.outwards()
    return f"{Path(outermost.source.name).name}:{outermost.line}"


def _change(place: Place) -> str:
    from netspec.units import amount

    if place.now.macs != place.after.macs:
        return f"; {amount(place.now.macs)} → {amount(place.after.macs)} MACs"
    if place.now.parameters != place.after.parameters:
        return f"; {amount(place.now.parameters)} → {amount(place.after.parameters)} parameters"
    return ""


def _told(figures: Figures) -> str:
    from netspec.units import amount

    return f"{amount(figures.macs)} MACs/item, {amount(figures.parameters)} parameters"


def _lines(advice: Advice, now: Figures, path: Path, every: bool) -> Iterator[str]:
    yield f"{advice.code}  {advice.title}"
    rewritten = {place.proposal.node for place in advice.places}
    alone = [f for f in advice.findings if not rewritten & set(f.nodes)]
    for finding in alone[: None if every else MOST]:
        where = f"{_where(finding.node)}: "
        yield _wrapped(where + finding.message, 6)
        yield _wrapped(f"help: {finding.help}", 8, 6)
    if not every and len(alone) > MOST:
        yield f"      ... and {len(alone) - MOST} more"
    for place in advice.places[: None if every else MOST]:
        node = place.proposal.node
        yield _wrapped(f"{node.name} ({_where(node)})", 6)
        told = place.proposal.what + _change(place)
        for text in filter(None, (told, place.proposal.note)):
            yield _wrapped(text, 8, 0)
    if not every and len(advice.places) > MOST:
        yield f"      ... and {len(advice.places) - MOST} more"
    if advice.after is not None:
        change = 100 * (advice.after.macs / now.macs - 1) if now.macs else 0.0
        training = "the same function" if advice.same_function else "needs retraining"
        yield f"      the net: {_told(advice.after)} ({change:+.1f} % MACs)"
        yield f"      {training}: netspec rewrite {path} --apply {advice.code}"


def _wrapped(text: str, indent: int, hanging: int = 2) -> str:
    """A text at 80 columns; names and commands stay whole."""
    from textwrap import fill

    first, rest = " " * indent, " " * (indent + hanging)
    return fill(
        text,
        80,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
