"""Scripts that say `import caffe`, run as they are."""

from __future__ import annotations

import runpy
import sys
from importlib import import_module

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


def install() -> None:
    """Let `import caffe`, `import caffe.io`, `from caffe.proto import caffe_pb2` find this face."""
    for module in MODULES:
        sys.modules[f"caffe{module}"] = import_module(NAME + module)


def run_script(path: str, *arguments: str) -> None:
    """Run a Python file as a program of its own, with these arguments."""
    install()
    sys.argv = [path, *arguments]
    runpy.run_path(path, run_name="__main__")
