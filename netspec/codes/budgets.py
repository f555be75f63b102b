"""A2: what a net costs: budgets, device profiles."""

from __future__ import annotations

from netspec.codes.code import Code

NET = '''\
import netspec
from netspec.analysis.budget import Budget, exceeded
from netspec.diagnostics import SpecError

net = """
layer { name: "data"  type: "Input"  top: "data"  input_param { shape { dim: [1, 3, 8, 8] } } }
layer { name: "conv"  type: "Convolution"  bottom: "data"  top: "conv"
        convolution_param { num_output: 4  kernel_size: 3 } }
"""
'''
HELD = """\
found = list(exceeded(netspec.loads(net), Budget({budget})))
if found:
    raise SpecError(found)
"""
OWN = '''\
from collections.abc import Sequence

import netspec.layers
from netspec.schema.layer import Family, Layer


@netspec.layers.declare
class {name}(Layer):
    """Divide by two."""

    family = Family.ARITHMETIC
    {each}

    def infer(self, blob: tuple[int, ...]) -> tuple[int, ...]:
        return blob


net += 'layer {{ name: "half"  type: "{name}"  bottom: "conv"  top: "half" }}'
'''
PROFILE = """\
from pathlib import Path

from netspec.devices import device

Path("mine.yaml").write_text(\'\'\'
name: my device
source: measured
peak_tflops: {float32: 2.5}
bandwidth_gb_s: 40
overhead_us: 3
\'\'\')
"""

CODES: tuple[Code, ...] = (
    Code(
        "A200",
        "more parameters than the budget allows",
        "`netspec check --max-params` bounds the learned parameters of a net, shared ones counted "
        "once. The layers that have most of them are shown.",
        wrong=NET + HELD.format(budget="parameters=100"),
        right=NET + HELD.format(budget="parameters=200"),
        language="python",
    ),
    Code(
        "A201",
        "more MACs than the budget allows",
        "`netspec check --max-macs` bounds the multiply-accumulates of a forward pass for one item "
        "of the batch. A FLOP budget is about twice as large a number.",
        wrong=NET + HELD.format(budget="macs=1e3"),
        right=NET + HELD.format(budget="macs=1e4"),
        language="python",
    ),
    Code(
        "A202",
        "more memory than the budget allows",
        "`netspec check --max-memory` bounds the memory at its peak: for a TEST net that of a "
        "forward pass, for a TRAIN net that of a training step with its gradients and the "
        "solver's history. A smaller batch takes less.",
        wrong=NET + HELD.format(budget="memory=1e3"),
        right=NET + HELD.format(budget="memory=1e4"),
        language="python",
    ),
    Code(
        "A203",
        "a budget that cannot be checked",
        "What is known of the net is within the budget, but there are layers whose cost nobody "
        "knows: Python layers, or types that do not say it. A layer type says its cost in `macs`, "
        "`work` or `each`.",
        wrong=NET
        + OWN.format(name="Halve", each="in_place = True")
        + HELD.format(budget="macs=1e4"),
        right=NET + OWN.format(name="Halved", each="each = 1") + HELD.format(budget="macs=1e4"),
        language="python",
    ),
    Code(
        "A210",
        "a figure of a device profile is not above 0",
        "Rates, bandwidth and overhead are what work is divided by or compared with.",
        wrong=PROFILE.replace("40", "0") + 'device("mine.yaml")\n',
        right=PROFILE + 'device("mine.yaml")\n',
        language="python",
    ),
    Code(
        "A211",
        "a device without a rate for the precision",
        "A profile says for each kind of numbers how many operations the device does in a second. "
        "This one says nothing of the kind that is asked for.",
        wrong=PROFILE + 'device("mine.yaml").flops("float16")\n',
        right=PROFILE + 'device("mine.yaml").flops("float32")\n',
        language="python",
    ),
    Code(
        "A212",
        "no such device profile",
        "A profile is one of those that come with netspec, or a .yaml file, such as `netspec "
        "calibrate -o mine.yaml` writes.",
        wrong=PROFILE + 'device("a1000")\n',
        right=PROFILE + 'device("a100")\n',
        language="python",
    ),
    Code(
        "A213",
        "inputs without a batch in common",
        "Another batch is asked for, but the first axes of what comes in differ, so that nobody "
        "can say which of them is the batch.",
        wrong=NET
        + 'net += \'layer { name: "info" type: "Input" top: "info" '
        + "input_param { shape { dim: [7] } } }'\n"
        + "from netspec.analysis.cost import of_batch\n"
        + "of_batch(netspec.loads(net), 8)\n",
        right=NET
        + "from netspec.analysis.cost import of_batch\n"
        + "of_batch(netspec.loads(net), 8)\n",
        language="python",
    ),
)
