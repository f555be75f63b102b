"""Show how much passes through a net, from its inputs to a prediction, and where too little does.

For each value that everything passes, and between two of them for the narrowest set of values
side by side, the number of elements of one image. What is much narrower than what lies before and
after it, or drops sharply where the grid becomes coarser, is a representational bottleneck
(arXiv 1512.00567, section 2): `netspec guide bottlenecks`.

    netspec bottlenecks specs/googlenet/googlenet.yaml -o profile.svg
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.show import print_json, refuse, show

if TYPE_CHECKING:
    from netspec.analysis.finding import Finding
    from netspec.analysis.flow import Flow
    from netspec.graph import Graph


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    argument.look(parser)
    help = "the prediction whose profile is shown (default: the last)"
    parser.add_argument("--to", metavar="BLOB", help=help)
    help = "the input whose way is shown (default: all inputs together)"
    parser.add_argument("--from", dest="source", metavar="BLOB", help=help)
    help = "also show how channels, depth and MACs are shared out over the sizes of the grid"
    parser.add_argument("--grids", action="store_true", help=help)
    help = "also draw the profile: a .svg, .png or .pdf file"
    parser.add_argument("-o", "--output", type=Path, metavar="PICTURE", help=help)
    argument.json(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.analysis.bottlenecks import bottlenecks
    from netspec.analysis.flow import flows, unsized

    graph = argument.sketch(options)
    source = next((v for n in graph.nodes for v in n.values if v.blob == options.source), None)
    if options.source and (source is None or not source.node.layer.makes_data):
        return refuse(f"{options.source} is no input of the net")
    found, findings = flows(graph, source), bottlenecks(graph)
    flow = _chosen(found, options.to)
    if flow is None:
        return refuse(_nothing(found, unsized(graph), options.to))
    if options.output:
        from netspec.draw.profile import save_profile

        save_profile(flow, findings, options.output, graph.name)
    if options.json:
        print_json(_data(graph, found, findings))
        return 0
    way = f"from {options.source} to" if options.source else "to"
    name = f"{graph.name}: " if graph.name else ""
    print(f"{name}{graph.phase.name}, what of one image passes {way} {flow.end.blob}\n")
    print("\n".join(_told(graph, flow, found, findings, options.grids)))
    if options.output:
        print(options.output)
    sys.stdout.flush()
    show([finding.diagnostic for finding in findings])
    return 0


def _told(
    graph: Graph, flow: Flow, found: Sequence[Flow], findings: Sequence[Finding], grids: bool
) -> Iterator[str]:
    """The profile of a flow, the narrowest of it, and what else there is to see."""
    from netspec.analysis.cuts import narrowest, profile_of
    from netspec.analysis.flow import unsized
    from netspec.analysis.profile_table import lines, render, stage_rows
    from netspec.analysis.stages import stages
    from netspec.diagnostics import some

    profile = profile_of(flow)
    yield from render(lines(profile, findings, flow.batch))
    least = narrowest(profile)
    yield f"\nnarrowest: {least.elements:,} elements, {least.named}"
    if grids:
        yield ""
        yield from stage_rows(stages(graph))
    if others := [each.end.blob for each in found if each is not flow]:
        yield f"other predictions, shown by --to: {some(others)}"
    if hidden := unsized(graph):
        yield f"predictions of unknown shape: {some(hidden)}"


def _data(graph: Graph, found: Sequence[Flow], findings: Sequence[Finding]) -> dict[str, object]:
    """Plain data."""
    from netspec.analysis.cuts import profile_as_json
    from netspec.analysis.stages import stages

    return {
        "name": graph.name,
        "phase": graph.phase.name,
        "predictions": [profile_as_json(each) for each in found],
        "stages": [stage.as_json() for stage in stages(graph)],
        "findings": [finding.as_json() for finding in findings],
    }


def _chosen(found: Sequence[Flow], blob: str | None) -> Flow | None:
    if blob is None:
        return found[-1] if found else None
    return next((f for f in found if blob in (v.blob for v in f.aliases())), None)


def _nothing(found: Sequence[Flow], hidden: Sequence[str], wanted: str | None) -> str:
    """Why there is no profile to show."""
    from netspec.diagnostics import some

    if found:
        return f"{wanted} is no prediction; there are {some([f.end.blob for f in found])}"
    if hidden:
        return f"the shape of what is predicted is not known: {some(hidden)}"
    return "nothing is predicted: no input reaches an output through layers that learn"
