"""Scripts that say `import caffe`, run as they are."""

from __future__ import annotations

import runpy
import sys
from importlib import import_module

from compiler.pycaffe.mode import allow_python
from netspec.diagnostics import SpecError, render

NAME = "compiler.pycaffe"
MODULES = (
    "",
    ".classifier",
    ".coord_map",
    ".draw",
    ".io",
    ".net_spec",
    ".proto",
    ".proto.caffe_pb2",
)
ELSEWHERE = {".detector": ".classifier", ".pycaffe": ""}  # pycaffe's modules, and what has theirs


def install() -> None:
    """Let `import caffe`, `import caffe.io`, `from caffe.proto import caffe_pb2` find this face."""
    for module in MODULES:
        sys.modules[f"caffe{module}"] = import_module(NAME + module)
    for module, ours in ELSEWHERE.items():
        sys.modules[f"caffe{module}"] = import_module(NAME + ours)
        setattr(sys.modules["caffe"], module[1:], sys.modules[f"caffe{module}"])


def main(words: list[str]) -> str | None:
    """Run `[--allow-python] SCRIPT ...` as a program; returns what was wrong with what it gave."""
    if words[:1] == ["--allow-python"]:
        allow_python()
        words = words[1:]
    if not words:
        return "usage: python -m compiler.pycaffe [--allow-python] SCRIPT ..."
    install()
    sys.argv = words
    try:
        runpy.run_path(words[0], run_name="__main__")
    except SpecError as error:
        return render(error.diagnostics)
    return None
