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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools import arguments as argument
from tools.show import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netspec.analysis.flow import Flow


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    argument.state(parser)
    help = "the prediction whose profile is shown (default: the last)"
    parser.add_argument("--to", metavar="BLOB", help=help)
    help = "also draw the profile: a .svg, .png or .pdf file"
    parser.add_argument("-o", "--output", type=Path, metavar="PICTURE", help=help)
    argument.json(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.analysis.bottlenecks import bottlenecks
    from netspec.analysis.cuts import narrowest, profile_of
    from netspec.analysis.flow import flows
    from netspec.analysis.profile_table import lines, render

    graph = argument.load(options)
    found, findings = flows(graph), bottlenecks(graph)
    flow = _chosen(found, options.to)
    if flow is None:
        ends = ", ".join(f.end.blob for f in found) or "none: no input reaches an output"
        wanted = f"{options.to} is no prediction" if options.to else "nothing is predicted"
        print(f"netspec: {wanted}; the net's predictions are {ends}", file=sys.stderr)
        return 1
    if options.output:
        from netspec.draw.profile import save_profile

        save_profile(flow, findings, options.output, graph.name)
    if options.json:
        import json

        made = [_as_json(each) for each in found]
        said = {"name": graph.name, "phase": graph.phase.name, "predictions": made}
        print(json.dumps(said | {"findings": [f.as_json() for f in findings]}, indent=2))
        return 0
    profile = profile_of(flow)
    name = f"{graph.name}: " if graph.name else ""
    print(f"{name}{graph.phase.name}, what of one image passes to {flow.end.blob}\n")
    print("\n".join(render(lines(profile, findings, flow.batch))))
    least = narrowest(profile)
    print(f"\nnarrowest: {least.elements:,} elements, {least.named}")
    if others := [f.end.blob for f in found if f is not flow]:
        print(f"other predictions, shown by --to: {', '.join(others)}")
    if options.output:
        print(options.output)
    sys.stdout.flush()
    show([finding.diagnostic for finding in findings])
    return 0


def _chosen(found: Sequence[Flow], blob: str | None) -> Flow | None:
    if blob is None:
        return found[-1] if found else None
    return next((f for f in found if blob in (v.blob for v in f.aliases())), None)


def _as_json(flow: Flow) -> dict[str, Any]:
    from netspec.analysis.cuts import frontiers, narrowest, profile_of

    profile = profile_of(flow)
    return {
        "prediction": flow.end.blob,
        "batch": flow.batch,
        "narrowest": narrowest(profile).as_json(),
        "profile": [cut.as_json() for cut in profile],
        "frontiers": [cut.as_json() for cut in frontiers(flow)],
    }
