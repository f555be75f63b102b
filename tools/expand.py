"""Print the plain prototxt that a YAML file or an older prototxt means.

Blocks, loops and expressions are written out, and old forms of Caffe's are brought to today's.

    netspec expand specs/resnet/resnet-50.yaml -o resnet50.prototxt
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
    own_code(parser)


def run(options: argparse.Namespace) -> int:
    from netspec.atomic import write_text
    from netspec.diagnostics import Report
    from netspec.language.read import read
    from netspec.translate import prototxt_of

    report = Report()
    text = prototxt_of(read(options.spec), report)
    show(report.diagnostics)
    if options.output:
        write_text(options.output, text)
    else:
        sys.stdout.write(text)
    return 0
