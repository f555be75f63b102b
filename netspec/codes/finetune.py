"""C26: a net cannot be made ready for other classes."""

from __future__ import annotations

from netspec.codes.code import Code

PROGRAM = """\
from netspec.build import open_tree
from netspec.diagnostics import Report
from netspec.finetune import Wanted, finetune
from netspec.finetune.data import Data
from netspec.source import Source

text = '''
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 dim: 9 } } }
LAYERS
layer { name: "prob" type: "Softmax" bottom: "SCORES" top: "prob" }
'''
finetune(open_tree(Source("net.prototxt", text), Report()), Wanted(5, WANTED))
"""
HIDDEN = """\
layer { name: "hidden" type: "InnerProduct" bottom: "data" top: "hidden"
  inner_product_param { num_output: 6 } }"""
SCORE = """
layer { name: "score" type: "InnerProduct" bottom: "hidden" top: "score"
  inner_product_param { num_output: 3 } }"""
DATA = 'data=Data(train="photos.txt")'


def _program(wanted: str, layers: str = HIDDEN + SCORE, scores: str = "score") -> str:
    made = PROGRAM.replace("LAYERS", layers).replace("SCORES", scores)
    return made.replace("WANTED", wanted)


CODES: tuple[Code, ...] = (
    Code(
        "C260",
        "a net has no classifier to replace",
        "Fine-tuning gives the last layer that has num_output before each loss, or before each"
        " prediction, as many outputs as there are classes, and another name, so that it is"
        " learned anew. A net in which no such layer leads to an end has nothing to replace.",
        _program(DATA, "", "data"),
        _program(DATA),
        "python",
    ),
    Code(
        "C261",
        "there is no such layer to freeze up to",
        "--freeze names the last layer that stays as it was trained: it and all that it is"
        " computed from get lr_mult 0. It is a layer below the head, which has to learn.",
        _program('freeze="hiden", ' + DATA),
        _program('freeze="hidden", ' + DATA),
        "python",
    ),
    Code(
        "C262",
        "a net has no data to be trained on",
        "The net is fed by hand, as a deploy net is. To be trained it needs a layer that reads"
        " images and labels: --train names a list of images, each with the number of its class,"
        " or an LMDB database.",
        _program('freeze="hidden"'),
        _program('freeze="hidden", ' + DATA),
        "python",
    ),
)
