"""D1: a diagram cannot be drawn; D2: a deploy net cannot be derived."""

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
DEPLOY = """\
from netspec.build import open_tree
from netspec.deploy import deploy
from netspec.diagnostics import Report
from netspec.source import Source

text = '''
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 dim: 9 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 4 } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "data" bottom: "label" top: "loss" }
'''
report = Report()
deploy(open_tree(Source("net.prototxt", text), report), {}, report, only=["LOSS"])
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
    Code(
        "D201",
        "no net to deploy",
        "A deploy net computes what the losses of a training net look at. There is no loss of the "
        "name that was asked for, or nothing is computed from the inputs.",
        DEPLOY.replace("LOSS", "loss1"),
        DEPLOY.replace("LOSS", "loss"),
        "python",
    ),
)
