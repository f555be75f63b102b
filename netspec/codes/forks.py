"""N23: what a fork of Caffe has, and neither BVLC's Caffe nor netspec."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.settings import INPUT, RELU

OWN = '''\
import netspec
from netspec.layers import declare
from netspec.schema.layer import Family, Layer, Shape


@declare
class Turned(Layer):
    """The last two axes, one in the place of the other."""

    family = Family.SHAPE

    def infer(self, image: Shape) -> Shape:
        return (*image[:-2], image[-1], image[AXIS])


spec = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 8, 9] } } }
layer { name: "turned" type: "Turned" bottom: "data" top: "turned" }
"""
netspec.loads(spec)
'''

ALIGNED = (
    INPUT
    + """
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 3 kernel_size: 3 stride: 2 pad: 1 }
}
layer {
  name: "up" type: "Deconvolution" bottom: "conv" top: "up"
  convolution_param { num_output: 3 kernel_size: KERNEL stride: 2 }
}
layer {
  name: "score" type: "Crop" bottom: "up" bottom: "data" top: "score" crop_param { align: true }
}
"""
)

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
        wrong=INPUT + RELU.replace("bottom", "quantization_param { } bottom", 1),
        right=INPUT + RELU,
    ),
    Code(
        "N232",
        "a layer type of your own fails",
        "The class that declares the type raised something else than a Reject while shapes or "
        "parameters were worked out. The message says what, the help in which line. What a layer "
        "cannot use it refuses with a Reject, which says why and how to mend it.",
        wrong=OWN.replace("AXIS", "-5"),
        right=OWN.replace("AXIS", "-2"),
        language="python",
    ),
    Code(
        "N233",
        "blobs that cannot be aligned",
        "A Crop with align, as in FCN's branch of Caffe, finds its offset itself: it follows both "
        "bottoms back to the blob that both are made of, and asks where the windows of the layers "
        "between put the first pixel of the second bottom in the first. That has to be a pixel, "
        "and the pixels of both of one size.",
        wrong=ALIGNED.replace("KERNEL", "4"),
        right=ALIGNED.replace("KERNEL", "3"),
    ),
)
