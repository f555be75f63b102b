"""Check nets and solvers, and report every mistake at once.

A net whose layers are chosen by phase or stage is checked in each state that its rules tell apart,
unless one is asked for. Where data is not at hand, --shape gives the shape of what a data layer
would read. The exit code is 1 if there are errors, and with --strict if there are warnings. A
warning is silenced by a comment in the file: `netspec guide lints`.

    netspec check train_val.prototxt --shape data=32,3,227,227 --shape label=32
    netspec check specs/*/*.yaml --format github
    netspec check deploy.yaml --max-params 6M --max-macs 2G --max-memory 1GB
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.show import print_json, show

if TYPE_CHECKING:
    from netspec.check import Checked
    from netspec.diagnostics import Diagnostic

BUDGETS = (
    ("params", "", "parameters, such as 6M"),
    ("macs", "", "MACs of a forward pass for one item, such as 2G"),
    ("memory", "B", "memory, such as 1GB: to run a net of TEST, to train one of TRAIN"),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    help = "a net or a solver, .prototxt or .yaml, or - for what is piped in"
    parser.add_argument("specs", type=Path, nargs="+", metavar="SPEC", help=help)
    argument.state(parser, phase=None)
    budget = parser.add_argument_group("budgets", "each net has to stay within them, or it fails")
    for name, unit, what in BUDGETS:
        help = f"the most {what}"
        convert = partial(amount, unit=unit)
        budget.add_argument(f"--max-{name}", type=convert, metavar="N", help=help)
    parser.add_argument("--strict", action="store_true", help="fail for warnings, too")
    help = "github: annotations of a workflow; sarif: for code scanning and editors (default: text)"
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--format", choices=("text", "json", "github", "sarif"), default="text", help=help
    )
    form.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="the same as --format json",
    )


def run(options: argparse.Namespace) -> int:
    from netspec.check import check_file
    from netspec.lints.fold import folded

    shapes = dict(options.shapes)
    checked = {
        path: check_file(path, options.phase, options.level, options.stages, shapes)
        for path in options.specs
    }
    checked = {path: within_budget(found, options) for path, found in checked.items()}
    if options.format == "text":
        for path, found in checked.items():
            show(folded(found.diagnostics))
            lines = [
                f"{path}: {verdict(found, options.strict)}",
                *(told(found) if not found.errors else ()),
            ]
            print("\n  ".join(lines), flush=True)
    else:
        write([d for found in checked.values() for d in found.diagnostics], options.format)
    return 1 if any(failed(found, options.strict) for found in checked.values()) else 0


def write(diagnostics: list[Diagnostic], form: str) -> None:
    """Print all of them for a machine."""
    from tools.annotations import github, sarif

    if form == "github":
        print("".join(f"{line}\n" for line in github(diagnostics)), end="")
    elif form == "sarif":
        print_json(sarif(diagnostics))
    else:
        show(diagnostics, as_json=True)


def failed(found: Checked, strict: bool) -> bool:
    return bool(found.errors or (strict and found.warnings))


def within_budget(found: Checked, options: argparse.Namespace) -> Checked:
    """The same with what is over the budgets, which each net of the file is held against."""
    from netspec.analysis.budget import Budget, exceeded
    from netspec.diagnostics import Note

    budget = Budget(options.max_params, options.max_macs, options.max_memory)
    if budget == Budget():
        return found
    over = []
    for name, net in found.nets.items():
        note = (Note(f"in {name}"),) if len(found.nets) > 1 else ()
        over += [replace(d, notes=d.notes + note) for d in exceeded(net, budget)]
    return replace(found, diagnostics=(*found.diagnostics, *over))


def amount(text: str, unit: str) -> float:
    """6M as a number."""
    from netspec.units import quantity

    try:
        return quantity(text, unit)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def verdict(found: Checked, strict: bool = False) -> str:
    """`ok, 12 layers in TRAIN and TEST` or `3 errors, 1 warning`."""
    from netspec.schema.wording import listed

    errors, warnings = count(len(found.errors), "error"), count(len(found.warnings), "warning")
    if found.errors:
        return f"{errors}, {warnings}" if found.warnings else errors
    if failed(found, strict):
        return warnings
    if found.blocks:
        nets = [count(found.blocks, "block")]
    elif len(found.nets) == 1:
        nets = [count(len(graph.nodes), "layer") for graph in found.nets.values()]
    else:
        names: dict[str, list[str]] = {}
        for name, graph in found.nets.items():
            names.setdefault(count(len(graph.nodes), "layer"), []).append(name)
        nets = [f"{layers} in {listed(where)}" for layers, where in names.items()]
    return ", ".join(["ok", *nets, *([warnings] if found.warnings else [])])


def told(found: Checked) -> Iterator[str]:
    """How layers were read that forks of Caffe mean differently, at 80 columns."""
    from textwrap import wrap

    from netspec.variants import variants

    for line in variants(node for graph in found.nets.values() for node in graph.nodes):
        yield from wrap(line, 78, subsequent_indent="  ", break_on_hyphens=False)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
