"""Rewrite a net or a solver in the other language, with its comments.

The endings say which way: .prototxt or .yaml. What a YAML file says with blocks and expressions is
written out in prototxt; the way back gives plain layers. With --caffe, everything that BVLC's Caffe
does not read is refused.

    netspec convert train_val.prototxt train_val.yaml
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.own_code import own_code
from tools.show import refuse, show


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", type=Path, metavar="FROM", help="the file that is there")
    parser.add_argument("output", type=Path, metavar="TO", help="the file to write")
    help = "refuse what BVLC's Caffe does not read: layers and settings of forks, and ours"
    parser.add_argument("--caffe", action="store_true", help=help)
    parser.add_argument("--force", action="store_true", help="write over a file that exists")
    own_code(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.atomic import write_text
    from netspec.diagnostics import Report
    from netspec.language.open import is_yaml
    from netspec.language.read import read
    from netspec.translate import prototxt_of, require_bvlc, yaml_of

    if options.output.exists() and not options.force:
        return refuse(f"{options.output} is there already; --force replaces it")
    report = Report()
    translate = yaml_of if is_yaml(options.output.name) else prototxt_of
    source = read(options.spec)
    text = translate(source, report)
    if options.caffe:
        require_bvlc(source)
    show(report.diagnostics)
    write_text(options.output, text)
    return 0
