"""Rewrite a spec as `netspec advise` proposes.

--apply takes a code, for all its places, or CODE:LAYER for one, and may be repeated. YAML stays
YAML; blocks and comments stay where the change does not touch them. Without -o the change is shown
and nothing is written. A rewrite that keeps the function makes new weights of the old ones.

    netspec rewrite specs/googlenet/googlenet.yaml --apply A140 -o new.yaml
    netspec rewrite deploy.prototxt --apply A151 -o folded.prototxt \\
        --weights net.caffemodel --to folded.caffemodel
"""

from __future__ import annotations

import argparse
import sys
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.show import refuse
from tools.spec_state import every_state, open_spec

if TYPE_CHECKING:
    from netspec.rewrite.advise import Figures
    from netspec.rewrite.proposal import Proposal
    from netspec.rewrite.write import Spec
    from netspec.schema.net import NetState


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    help = "the code of an advice, and the layer that it is for (default: every one offered)"
    parser.add_argument(
        "--apply", action="append", required=True, metavar="CODE[:LAYER]", help=help
    )
    parser.add_argument("-o", "--output", type=Path, metavar="NEW", help="the file to write")
    parser.add_argument("--force", action="store_true", help="write over files that exist")
    help = "the weights of the net, where the rewrite keeps its function"
    parser.add_argument("--weights", type=Path, metavar="FILE", help=help)
    parser.add_argument("--to", type=Path, metavar="FILE", help="where the new weights go")
    argument.state(parser, None)


def run(options: argparse.Namespace) -> int:
    from netspec.atomic import write_text
    from netspec.rewrite.advise import figures
    from netspec.rewrite.choose import choose
    from netspec.rewrite.write import Spec, rewrite
    from netspec.source import Source

    for path in (options.output, options.to):
        if path is not None and path.exists() and not options.force:
            return refuse(f"{path} is there already; --force replaces it")
    if (options.weights is None) != (options.to is None):
        refuse("--weights and --to go together")
        return 2
    old, state = open_spec(options)
    spec = old
    applied: list[Proposal] = []
    for asked in options.apply:
        chosen = choose(asked, spec.graph(state))
        edits = [edit for proposal in chosen for edit in proposal.edits]
        text = rewrite(spec, edits, every_state(options, spec), options.output).text
        spec = Spec.open(Source(str(options.output or options.spec), text), old.shapes)
        applied += chosen
    if options.to is not None:
        _carry(old, spec, state, applied, options)
    if options.output is None:
        before, after = (s.source.text.splitlines(keepends=True) for s in (old, spec))
        name = str(options.spec)
        sys.stdout.writelines(unified_diff(before, after, name, "rewritten"))
        return 0
    write_text(options.output, spec.source.text)
    print("\n".join(_table(figures(old.graph(state)), figures(spec.graph(state)))))
    print(options.output)
    return 0


def _carry(
    old: Spec, new: Spec, state: NetState, applied: list[Proposal], options: argparse.Namespace
) -> None:
    """Write the weights with which the new net computes what the old one did."""
    import compiler
    from compiler.weights.rewritten import carry_weights
    from netspec.diagnostics import Diagnostic, SpecError

    for proposal in applied:
        if proposal.weights is None:
            message = f"the rewrite of {proposal.node.name} changes what is computed"
            help = "leave out --weights, and train the new net"
            raise SpecError(Diagnostic("A250", message, proposal.node.span, help))
    before, after = compiler.compile(old.graph(state)), compiler.compile(new.graph(state))
    print(compiler.load_weights(before, options.weights), file=sys.stderr)
    rules = [rule for proposal in applied for rule in proposal.weights or ()]
    carry_weights(before, after, rules)
    compiler.save_weights(after, options.to)
    print(options.to)


def _table(before: Figures, after: Figures) -> list[str]:
    from netspec.units import amount

    lines = [f"{'':14}{'before':>12}{'after':>12}{'change':>11}"]
    rows = (
        ("MACs/item", before.macs, after.macs),
        ("parameters", before.parameters, after.parameters),
    )
    for name, was, now in rows:
        change = f"{100 * (now / was - 1):+.1f} %" if was else ""
        lines.append(f"{name:14}{amount(was):>12}{amount(now):>12}{change:>11}")
    return lines
