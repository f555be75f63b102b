"""What the parameters of a block stand for at a use: its arguments, and defaults for the rest."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics import Report, SpecError, nearest
from netspec.language.blocks.block import ENTRY_WORDS, Block, is_missing
from netspec.language.blocks.entries import Use, refusal
from netspec.language.blocks.scope import Scope
from netspec.language.blocks.values import Value


def block_scope(
    use: Use, block: Block, name: str, bottoms: tuple[str, ...], report: Report
) -> Scope:
    """The scope of a block's text: its file's names, its parameters, and `name` and `bottom`.

    `bottom` is what the use reads, for layers inside that begin there again. Every argument that is
    unknown, missing or wrong is reported; then SpecError is raised.
    """
    if block in use.scope.within:
        cycle = [b.name for b in use.scope.within[use.scope.within.index(block) :]]
        message = f"the block {block.name} uses itself: {' uses '.join([*cycle, block.name])}"
        raise refusal("N147", message, use.span, "repeat with `for`")
    complete = True
    given: dict[str, Value] = {}
    for item in use.settings.items:
        if item.name in ENTRY_WORDS and item.name != "top":
            continue
        if item.name not in block.parameters:
            help = nearest(item.name, block.parameters) or _listed(block)
            span = use.inner.span(item.span)
            report.add("N145", f"the block {block.name} has no parameter {item.name}", span, help)
            complete = False
            continue
        try:
            given[item.name] = use.inner.value(item.value)
        except SpecError as error:
            report.extend(error.diagnostics)
            complete = False
    missing = [
        name
        for name, item in block.parameters.items()
        if is_missing(item.value) and use.settings.get(name) is None
    ]
    if missing:
        message = f"the block {block.name} is used without {', '.join(missing)}"
        report.add("N146", message, use.span, f"write `{block.name}: {{{missing[0]}: ...}}`")
    if missing or not complete:
        raise SpecError([])
    names: dict[str, Value] = {**block.home.names, "name": name}
    if bottoms:
        absolute = ["/" + blob for blob in bottoms]
        names["bottom"] = absolute if len(absolute) > 1 else absolute[0]
    within = (*use.scope.within, block)
    scope = replace(block.home, names=names, via=use.span, within=within, once=False)
    for parameter, item in block.parameters.items():
        names[parameter] = given[parameter] if parameter in given else scope.value(item.value)
    return scope


def _listed(block: Block) -> str:
    names = ", ".join(block.parameters)
    return f"its parameters are {names}" if names else "it has no parameters"
