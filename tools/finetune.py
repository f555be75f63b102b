"""Make a trained net ready for other classes: write a spec with a new head, and a solver for it.

The last layer before each loss or prediction gets N outputs, a new name, so that its weights are
not loaded, and ten times the learning rate. --freeze keeps layers as they were trained. A deploy
net, which is fed by hand, gets data layers and a loss: --train names its data. YAML stays YAML:
what does not change keeps its text.

    netspec finetune train_val.prototxt --classes 20 --freeze pool5
"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.own_code import own_code
from tools.show import show

if TYPE_CHECKING:
    from netspec.finetune import FineTuning


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    help = "how many classes there are now"
    parser.add_argument("--classes", type=argument.count, required=True, metavar="N", help=help)
    help = "what the net was trained to; the new net loads all but the head from it"
    parser.add_argument("--weights", metavar="FILE", help=help)
    help = "the new spec (default: SPEC_ft.prototxt or .yaml, here); the solver goes beside it"
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=help)
    help = "keep this layer and all below it as they are; all: everything but the head"
    parser.add_argument("--freeze", metavar="LAYER|all", help=help)
    help = "replace this layer, rather than the last before each loss; may be repeated"
    parser.add_argument("--head", action="append", default=[], metavar="LAYER", help=help)
    help = "what the head's new names end with (default: ft)"
    parser.add_argument("--suffix", default="ft", metavar="WORD", help=help)
    for name, what in (("train", "trained"), ("test", "tested")):
        help = f"what it is {what} on: a list (.txt) of images and classes, or an LMDB database"
        parser.add_argument(f"--{name}", metavar="DATA", help=help)
    help = "what new data layers do to images, as for the weights: 'mean_value: 127 scale: 0.01'"
    parser.add_argument("--transform", default="", metavar="TEXT", help=help)
    help = "how many iterations to train (default: 10000)"
    parser.add_argument("--iterations", type=argument.count, default=10_000, metavar="N", help=help)
    argument.shapes(parser)
    own_code(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.atomic import refused, write_text
    from netspec.build import open_tree
    from netspec.diagnostics import Report
    from netspec.finetune import Wanted, finetune, solver_text
    from netspec.finetune.data import Data
    from netspec.finetune.text import text_of
    from netspec.language.open import is_yaml
    from netspec.language.read import read

    report = Report()
    source = read(options.spec)
    tree = open_tree(source, report)
    report.stop()
    ending = options.spec.suffix if is_yaml(options.spec.name) else ".prototxt"
    output = options.output or Path(f"{options.spec.stem}_{options.suffix}{ending}")
    if output.resolve() == options.spec.resolve():
        raise refused(output, "D102", "it is the net that is given", "name another file with -o")
    wanted = Wanted(
        options.classes,
        options.freeze,
        options.head,
        options.suffix,
        Data(options.train, options.test, transform=options.transform),
        dict(options.shapes),
    )
    made = finetune(tree, wanted)
    solver = output.with_name(f"{output.stem}_solver.prototxt")
    prefix = str(output.with_suffix(""))
    write_text(output, text_of(made.tree, tree, source, output))
    write_text(
        solver,
        solver_text(
            made, str(output), options.classes, prefix, options.iterations, options.weights
        ),
    )
    show(report.diagnostics)
    _tell(made, output, solver, options)
    return 0


def _tell(made: FineTuning, output: Path, solver: Path, options: argparse.Namespace) -> None:
    for old, new in made.renamed.items():
        print(f"head    {old} -> {new}")
    print(f"classes {made.before} -> {options.classes}")
    if made.frozen:
        until = "all but the head" if options.freeze == "all" else f"up to {options.freeze}"
        print(f"frozen  {len(made.frozen)} layers with parameters, {until}")
    for source in made.sources:
        print(f"data    {source}")
    print(f"spec    {output}\nsolver  {solver}\n")
    net, file = shlex.quote(str(output)), shlex.quote(str(solver))
    print(f"netspec check {net} {file}\nnetspec train --solver {file}")
    if not options.weights:
        print("  with --weights FILE, where the net was trained before")
    print(f"netspec deploy {net} -o deploy.prototxt")
