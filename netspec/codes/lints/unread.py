"""What is written and changes nothing."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.lints.examples import CONV, DATA, END, NORM, SCALE, solver
from netspec.codes.settings import INPUT, RELU

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
        "a field that only a fork repeats",
        "A fork of Caffe takes several values in the field, as a list of GPUs to train on, and "
        "BVLC's Caffe refuses the file. Here the last one counts.",
        wrong=solver() + "device_id: 0\ndevice_id: 1\n",
        right=solver() + "device_id: 0\n",
        language="solver",
    ),
    Code(
        "N559",
        "a comment that ignores nothing",
        "A comment such as `# netspec: ignore N514` silences a warning. Where no such warning "
        "is left it would hide the next one: remove it.",
        wrong=DATA + CONV.replace("  - Conv", "  # netspec: ignore N514\n  - Conv") + END,
        right=DATA
        + "  # netspec: ignore N514: as it was published\n"
        + CONV.replace("bias_term: false,", "")
        + NORM
        + SCALE
        + END,
        language="yaml",
    ),
)
