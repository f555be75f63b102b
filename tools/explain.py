"""Explain the code of a diagnostic, with a wrong and a right example.

Without a code, list them all.

    netspec explain N203
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill, indent
from typing import TYPE_CHECKING

from tools.show import refuse

if TYPE_CHECKING:
    from netspec.codes import Code
    from netspec.diagnostics import Diagnostic

GROUPS = {
    "N1": "the text",
    "N2": "settings",
    "N3": "wiring",
    "N4": "shapes",
    "N5": "warnings",
    "C1": "weights",
    "C2": "training",
    "C3": "data",
    "D1": "diagrams",
    "D2": "deploy nets",
    "A1": "advice",
    "A2": "cost",
}
FILES = {
    "prototxt": "net.prototxt",
    "yaml": "net.yaml",
    "advice": "net.yaml",
    "rewrite": "net.yaml",
    "solver": "solver.prototxt",
}
NET = """\
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 4 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 } } }
layer {
  name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 3 }
}
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""  # what a solver file of the examples trains


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", type=str.upper, help="such as N203")


def run(options: argparse.Namespace) -> int:
    from netspec.codes import CODES
    from netspec.diagnostics import nearest

    if options.code is None:
        print(index(CODES))
        return 0
    if options.code not in CODES:
        help = nearest(options.code, CODES) or "`netspec explain` lists the codes"
        return refuse(f"there is no code {options.code}; {help}")
    print(page(CODES[options.code]))
    return 0


def index(codes: Mapping[str, Code]) -> str:
    """Every code and its title, by group."""
    groups = []
    for prefix, title in GROUPS.items():
        lines = [
            f"  {code.name}  {code.title}"
            for code in codes.values()
            if code.name.startswith(prefix)
        ]
        if lines:
            groups.append("\n".join([f"{prefix} {title}", *sorted(lines)]))
    return "\n\n".join(groups)


def page(code: Code) -> str:
    """All that is known of a code; the wrong example is run, and what it gives is shown."""
    from netspec.diagnostics import render

    found = [d for d in diagnose(code.wrong, code.language) if d.code == code.name][:1]
    wrong = f"{shown(code.wrong)}\n\n{render(found)}"
    return (
        f"{code.name}: {code.title}\n\n{fill(code.reason, 80)}\n\n"
        f"Wrong:\n\n{indent(wrong, '    ')}\n\nRight:\n\n{indent(shown(code.right), '    ')}"
    )


def shown(text: str) -> str:
    """An example with overlong lines cut."""
    return "\n".join(s if len(s) <= 76 else s[:73] + "..." for s in text.rstrip().split("\n"))


def diagnose(text: str, language: str) -> list[Diagnostic]:
    """What an example gives, in a folder of its own."""
    from netspec.analysis.advice import advice
    from netspec.build import load
    from netspec.check import check_file
    from netspec.diagnostics import SpecError
    from netspec.rewrite.offers import offers

    with TemporaryDirectory() as folder, chdir(folder):
        Path("net.prototxt").write_text(NET, encoding="utf-8")
        if language == "python":
            try:
                exec(compile(text, "example.py", "exec"), {"__name__": "example"})
            except SpecError as error:
                return error.diagnostics
            return []
        path = Path(FILES[language])
        path.write_text(text, encoding="utf-8")
        if language == "advice":
            return [finding.diagnostic for finding in advice(load(path, "TRAIN"))]
        if language == "rewrite":
            return [d for phase in ("TRAIN", "TEST") for d in offers(load(path, phase))]
        return list(check_file(path).diagnostics)
