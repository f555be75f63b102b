"""N5: what is written is allowed, but does not do what it seems to do. These are warnings."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.settings import CONVOLUTION, INPUT, RELU

CODES: tuple[Code, ...] = (
    Code(
        "N501",
        "a setting that changes nothing",
        "Caffe reads the setting and never looks at it: it belongs to layers of another type, "
        "or stands in a place that older versions of Caffe used. The net is built without it, "
        "and what it was meant to do is not done.",
        wrong=INPUT + RELU.replace("}\n", "  pooling_param { kernel_size: 2 }\n}\n"),
        right=INPUT + RELU.replace("}\n", "  relu_param { negative_slope: 0.1 }\n}\n"),
    ),
    Code(
        "N502",
        "a field that counts once is written twice",
        "Of a field that is not repeated the last one counts, and messages are read as one; "
        "some versions of protobuf refuse the file. Usually a line was copied and one of the "
        "two forgotten.",
        wrong=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 4 num_output: 8"),
        right=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 8"),
    ),
)
