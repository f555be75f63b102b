"""N23: what a fork of Caffe has, and neither BVLC's Caffe nor netspec."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.settings import INPUT, RELU

CODES: tuple[Code, ...] = (
    Code(
        "N230",
        "a layer type of a fork",
        "Many people added layers to their own Caffe. The commonest are declared here, and "
        "`netspec layers` lists them with the fork that each comes from; of this one only the fork "
        "is known. Declare it in a Python file of your own: a class for its settings and shapes, a "
        "function for what it computes; `netspec guide forks` shows how. Until then `netspec draw` "
        "and `netspec summary` show the net all the same, without the numbers that depend on the "
        "layer.",
        wrong=INPUT + RELU.replace("ReLU", "TransformerBlock"),
        right=INPUT + RELU,
    ),
    Code(
        "N231",
        "a field or setting of a fork",
        "The setting is not BVLC's: a fork of Caffe added it to one of the layers that everybody "
        "has, and what it asks for is not known here. Ignoring it would compute something else. "
        "Where it only concerns speed, remove it; otherwise declare the layer under a name of your "
        "own: `netspec guide forks` shows how.",
        wrong=INPUT + RELU.replace("bottom", "hotspot_param { } bottom", 1),
        right=INPUT + RELU,
    ),
)
