"""D1: a diagram cannot be drawn."""

from __future__ import annotations

from netspec.codes.code import Code

PROGRAM = """\
import tempfile
from pathlib import Path

import netspec
from netspec.draw import save

net = netspec.loads('layer { type: "Input" top: "x" input_param { shape { dim: 1 } } }')
folder = Path(tempfile.mkdtemp())
save(net, folder / "PLACE")
"""
LAYOUT = """\
import netspec
from netspec.draw import digraph
from netspec.draw.render import run

net = netspec.loads('layer { type: "Input" top: "x" input_param { shape { dim: 1 } } }')
run(digraph(net), CALL)
"""

CODES: tuple[Code, ...] = (
    Code(
        "D101",
        "a diagram's ending is no format",
        "The ending of the file says what is written: .svg for browsers and documents, .png for"
        " everything else, .pdf for papers, .dot for Graphviz itself, .html for a page to move"
        " about in.",
        PROGRAM.replace("PLACE", "net.gif"),
        PROGRAM.replace("PLACE", "net.dot"),
        "python",
    ),
    Code(
        "D102",
        "a diagram cannot be written",
        "The folder is not there, or may not be written to. Nothing is left behind: a file is"
        " written under another name and moved into place when it is whole.",
        PROGRAM.replace("PLACE", "missing/net.dot"),
        PROGRAM.replace("PLACE", "net.dot"),
        "python",
    ),
    Code(
        "D103",
        "no Graphviz is installed",
        "Graphviz decides where boxes and lines lie. The dot command on the PATH is used, or else"
        " the package graphviz-pure, which is installed together with netspec; neither was found.",
        LAYOUT.replace("CALL", '"svg", by=[]'),
        LAYOUT.replace("CALL", '"svg"'),
        "python",
    ),
    Code(
        "D104",
        "Graphviz cannot lay a diagram out",
        "The program was found and failed, or took more than ten minutes; the message is its own.",
        LAYOUT.replace("CALL", '"no such format"'),
        LAYOUT.replace("CALL", '"svg"'),
        "python",
    ),
)
