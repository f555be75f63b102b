"""Code of the user's own: Python layers, and files that declare layer types."""

from __future__ import annotations

from netspec.codes.code import Code

LAYER = '''\
import os
import sys
import tempfile
from pathlib import Path

import torch

import compiler
import netspec

module = """
import caffe


class Double(caffe.Layer):
    def setup(self, bottom, top):
        assert len(bottom) == 1, "one bottom"

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = 2 * bottom[0].data
"""
spec = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer {
  name: "double" type: "Python" bottom: "data" top: "double"
  python_param { module: "doubling" layer: "Double" }
}
"""
os.chdir(tempfile.mkdtemp())
sys.modules.pop("doubling", None)
EDIT
Path("doubling.py").write_text(module)
net = compiler.compile(netspec.loads(spec, allow_python=ALLOWED))
net(data=torch.ones(2, 3))
'''
IMPORT = """\
import tempfile
from pathlib import Path

from netspec.own import import_file

file = Path(tempfile.mkdtemp()) / "own_layers.py"
file.write_text("TEXT")
import_file(file)
"""


def layer(edit: str = "", allowed: bool = True) -> str:
    return LAYER.replace("EDIT\n", edit).replace("ALLOWED", str(allowed))


CODES: tuple[Code, ...] = (
    Code(
        "N220",
        "a Python layer that is not allowed to run",
        "A Python layer runs a program: the module that it names can do whatever you can do. It is "
        "neither imported nor run before you say so, with --allow-python on the command line or "
        "allow_python=True in Python.",
        layer(allowed=False),
        layer(),
        "python",
    ),
    Code(
        "N221",
        "a Python layer's module or class is not found",
        "The module is imported from the working directory or from PYTHONPATH, and has to hold the "
        "class, derived from caffe.Layer. `import caffe` needs no pycaffe: a stand-in with what "
        "layers use is there while the module is imported.",
        layer("module = module.replace('class Double', 'class Twice')\n"),
        layer(),
        "python",
    ),
    Code(
        "N222",
        "a file of the user's own cannot be imported",
        "A file given with --import is run, so that it can declare layer types. What it raised is "
        "in the message.",
        IMPORT.replace("TEXT", "import nothing_of_that_name"),
        IMPORT.replace("TEXT", "import math"),
        "python",
    ),
    Code(
        "N420",
        "a Python layer fails in setup or reshape",
        "The shapes and parameters of a Python layer are known by running its setup and reshape, "
        "here with bottoms full of zeros. What one of them raised is in the message.",
        layer("module = module.replace('== 1', '== 2')\n"),
        layer(),
        "python",
    ),
    Code(
        "C320",
        "a Python layer fails while it runs",
        "The layer's own code raised; the message says what, and the help at which line.",
        layer("module = module.replace('2 * bottom[0]', '2 * bottom[1]')\n"),
        layer(),
        "python",
    ),
)
