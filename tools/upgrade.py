"""Print a net or a solver of an older form in today's, with its comments."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from netspec.diagnostics import Report, render
from netspec.language.print_prototxt import print_prototxt
from netspec.language.prototxt import parse
from netspec.language.read import read
from netspec.language.upgrade import upgrade, upgrade_solver


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the .prototxt")
    parser.add_argument("-o", "--output", type=Path, help="write here; may be the same file")


def run(options: argparse.Namespace) -> int:
    report = Report()
    tree = parse(read(options.file))
    tree = upgrade_solver(upgrade(tree, report), report)
    report.stop()
    if report.warnings:
        print(render(report.warnings, color=sys.stderr.isatty()), file=sys.stderr)
    text = print_prototxt(tree)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    waiting = options.output.with_name(options.output.name + ".part")
    waiting.write_text(text, encoding="utf-8")
    os.replace(waiting, options.output)
    return 0
