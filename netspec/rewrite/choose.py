"""Which proposals CODE or CODE:LAYER stands for."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, SpecError, nearest, some
from netspec.graph import Graph
from netspec.rewrite import REWRITES
from netspec.rewrite.proposal import Proposal


def choose(asked: str, graph: Graph) -> list[Proposal]:
    """The proposals that are asked for.

    A code alone stands for all that are offered or, where none is, for all. Raises SpecError A250.
    """
    code, _, layer = asked.partition(":")
    code = code.upper()
    if code not in REWRITES:
        listed = ", ".join(f"{name} ({each.title})" for name, each in REWRITES.items())
        help = nearest(code, REWRITES) or f"the rewrites are {listed}"
        raise SpecError(Diagnostic("A250", f"there is no rewrite {code}", None, help))
    found = list(REWRITES[code].propose(graph))
    if layer:
        chosen = [p for p in found if p.node.name == layer]
        if not chosen:
            names = [p.node.name for p in found]
            help = nearest(layer, names) or (f"it applies to {some(names)}" if names else "")
            message = f"{code} does not apply to a layer {layer}"
            node = graph.by_name.get(layer)
            raise SpecError(Diagnostic("A250", message, node.span if node else None, help))
        return chosen
    if not found:
        message = f"{code} applies to no layer of the net in {graph.phase.name}"
        help = f"`netspec explain {code}` says what it is for"
        raise SpecError(Diagnostic("A250", message, None, help))
    return [p for p in found if p.offered] or found
