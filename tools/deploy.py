"""Print the deploy net of a training file: what it predicts, without labels and losses.

Data layers become an Input, a loss its prediction (SoftmaxWithLoss a Softmax), and what only
measures or trains goes. Names and comments stay, so that the weights load. A YAML file gives YAML
with its blocks written out; the ending of -o says otherwise.

    netspec deploy train_val.prototxt --shape data=1,3,227,227 > deploy.prototxt
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import arguments as argument
from tools.own_code import own_code
from tools.show import show


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    help = "write to FILE, not to standard output"
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=help)
    help = "keep the prediction of this loss and no other; may be repeated"
    parser.add_argument("--only", action="append", default=[], metavar="LOSS", help=help)
    argument.shapes(parser)
    own_code(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.atomic import write_text
    from netspec.build import open_tree
    from netspec.deploy import deploy
    from netspec.diagnostics import Report
    from netspec.language.open import is_yaml
    from netspec.language.prototxt.write import print_prototxt
    from netspec.language.read import read
    from netspec.language.yaml.to_yaml import to_yaml
    from netspec.language.yaml.words import resolve_net
    from netspec.layers import FACTS
    from netspec.schema.net import LayerParameter

    report = Report()
    tree = open_tree(read(options.spec), report)
    report.stop()
    net = deploy(resolve_net(tree, FACTS), dict(options.shapes), report, options.only)
    wants_yaml = is_yaml((options.output or options.spec).name)
    text = to_yaml(net, FACTS, LayerParameter.by_field) if wants_yaml else print_prototxt(net)
    show(report.diagnostics)
    if options.output:
        write_text(options.output, text)
    else:
        sys.stdout.write(text)
    return 0
