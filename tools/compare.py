"""Compare nets: parameters, MACs, memory, depth, receptive field, narrowest cut, accuracy.

An accuracy comes from the log of a training, or is given by hand. With -o the nets are drawn as
balls, accuracy (or, where none is known, parameters) against MACs, as large as their parameters.

    netspec compare specs/vgg/*.yaml specs/resnet/resnet-*.yaml -o balls.svg
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools import batch
from tools.show import print_json, refuse

if TYPE_CHECKING:
    from netspec.analysis.compare import Figures


def arguments(parser: argparse.ArgumentParser) -> None:
    help = "nets, .prototxt or .yaml"
    parser.add_argument("specs", type=Path, nargs="+", metavar="SPEC", help=help)
    argument.state(parser)
    batch.arguments(parser)
    help = "the log of a training for each net, in their order; its best accuracy counts"
    parser.add_argument("--log", type=Path, action="append", metavar="FILE", default=[], help=help)
    help = "accuracies, one for each net: 0.57,0.697 or 57%%,-; - is unknown"
    parser.add_argument("--accuracy", type=accuracies, metavar="A,A,...", default=[], help=help)
    help = "draw the nets: a .svg, .png or .pdf file"
    parser.add_argument("-o", "--output", type=Path, metavar="PICTURE", help=help)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON on standard output")
    form.add_argument("--csv", action="store_true", help="print CSV, a net a line")


def run(options: argparse.Namespace) -> int:
    from netspec.analysis.account_table import lay_out
    from netspec.analysis.compare import rows

    known = [best_accuracy(log) for log in options.log] or options.accuracy
    known = known or [None] * len(options.specs)
    if len(known) != len(options.specs):
        told = f"{len(known)} accuracies or logs for {len(options.specs)} nets"
        return refuse(f"{told}; give one for each, in their order")
    found = [_figures(options, *pair) for pair in zip(options.specs, known)]
    found = distinct(found, options.specs)
    if options.json:
        print_json([each.as_json() for each in found])
    elif options.csv:
        import csv

        writer = csv.DictWriter(sys.stdout, list(found[0].as_json()), lineterminator="\n")
        writer.writeheader()
        writer.writerows(each.as_json() for each in found)
    else:
        titles, *lines = rows(found)
        print("\n".join(lay_out(titles, lines)))
    if options.output:
        from netspec.draw.balls import save_balls

        save_balls(found, options.output)
        print(options.output, file=sys.stderr if options.json or options.csv else sys.stdout)
    return 0


def distinct(found: list[Figures], specs: list[Path]) -> list[Figures]:
    """The same, where nets of one name have that of their folder and file with it."""
    names = [each.name for each in found]
    return [
        replace(each, name=f"{each.name} ({Path(spec.parent.name) / spec.stem})")
        if names.count(each.name) > 1 and each.name != spec.stem
        else each
        for each, spec in zip(found, specs)
    ]


def accuracies(text: str) -> list[float | None]:
    """0.57,69.7%,- as numbers from 0 to 1."""
    found: list[float | None] = []
    for word in (part.strip() for part in text.split(",")):
        try:
            share = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if word != "-" and not 0 <= share <= 1:
            message = f"expected a number from 0 to 1, a percentage or -, found {word}"
            raise argparse.ArgumentTypeError(message)
        found.append(None if word == "-" else share)
    return found


def best_accuracy(log: Path) -> float:
    """The best score of the last run of a log. Raises SpecError C240, C242."""
    from netspec.logs import read_logs
    from netspec.logs.choose import choose

    first, *_ = choose(read_logs([log])[-1:], ["score"], "iterations")[0].lines
    return float(first.y.max())


def _figures(options: argparse.Namespace, spec: Path, accuracy: float | None) -> Figures:
    from netspec.analysis.account import account
    from netspec.analysis.compare import figures

    asked = argparse.Namespace(**{**vars(options), "spec": spec, "shapes": list(options.shapes)})
    found = account(batch.batched(asked), precision=options.precision)
    return figures(found, found.graph.name or spec.stem, accuracy)
