"""What single layers keep and hold, as they declare it, held against what PyTorch allocates."""

from __future__ import annotations

import pytest
import torch
from live_memory import LiveMemory

import compiler
import netspec
from netspec.analysis.memory import inference, training
from netspec.graph import Graph

CLOSE = 0.1
BEFORE = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [8, 8, 24, 24] } } }
layer { name: "scale" type: "Scale" bottom: "data" top: "scale" }
"""
AFTER = """
layer { name: "post" type: "Scale" bottom: "x" top: "post" }
layer { name: "sum" type: "Reduction" bottom: "post" top: "sum" }
"""
LAYERS = """
AbsVal
ArgMax argmax_param { axis: 1 }
BNLL
BatchNorm
Bias
Clip clip_param { min: 0 max: 1 }
Convolution convolution_param { num_output: 8 kernel_size: 3 }
Deconvolution convolution_param { num_output: 8 kernel_size: 3 }
ELU
Exp
Exp exp_param { base: 2 shift: 1 }
Im2col convolution_param { kernel_size: 3 }
LRN
LRN lrn_param { norm_region: WITHIN_CHANNEL }
Log
Log log_param { base: 2 shift: 3 }
MVN
MVN mvn_param { normalize_variance: false }
PReLU
Pooling pooling_param { pool: AVE kernel_size: 2 stride: 2 }
Pooling pooling_param { pool: MAX kernel_size: 2 stride: 2 }
Pooling pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 }
Power power_param { power: 2 shift: 1 scale: 2 }
Power power_param { scale: 2 shift: 1 }
ReLU
ReLU relu_param { negative_slope: 0.1 }
SPP spp_param { pyramid_height: 3 }
Scale scale_param { bias_term: true }
Sigmoid
Softmax
Swish
Swish swish_param { beta: 2 }
TanH
Threshold
Tile tile_param { tiles: 2 }
BN
Flip
GRN
Interp interp_param { zoom_factor: 2 }
Normalize
Normalize norm_param { }
Permute permute_param { order: 0 order: 2 order: 3 order: 1 }
ReLU6
Reorg reorg_param { stride: 2 }
SeLu
ShuffleChannel shuffle_channel_param { group: 2 }
Upsample
"""
ROWS = [row.partition(" ")[::2] for row in LAYERS.strip().splitlines()]
FORGETFUL = [("Dropout", ""), ("SeLuDropout", "")]  # which pass all on where they do not train


LOSSES = {  # and the shape of their second bottom
    "SoftmaxWithLoss": "8, 1, 24, 24",
    "SigmoidCrossEntropyLoss": "8, 8, 24, 24",
    "EuclideanLoss": "8, 8, 24, 24",
    "SmoothL1Loss": "8, 8, 24, 24",
    "L1Loss": "8, 8, 24, 24",
}


def measured(kind: str, said: str, train: bool) -> tuple[int, int]:
    """The peak as PyTorch allocates it, and as it is worked out."""
    layer = f'layer {{ name: "x" type: "{kind}" bottom: "scale" top: "x" {said} }}'
    return held(netspec.loads(BEFORE + layer + AFTER, phase="TRAIN" if train else "TEST"), train)


def held(graph: Graph, train: bool) -> tuple[int, int]:
    net = compiler.compile(graph).train(train)
    blobs = {name: torch.zeros(shape) for name, shape in graph.inputs.items()}
    memory = LiveMemory([*net.parameters(), *net.buffers(), *blobs.values()])
    with memory, torch.set_grad_enabled(train):
        (made,) = net(**blobs).values()
        if made.requires_grad:
            made.backward()
    if not train:
        return memory.peak, inference(graph).peak
    found = training(graph)
    return memory.peak, found.peak - found.parts["history"]


@pytest.mark.parametrize("row", ROWS + FORGETFUL, ids=" ".join)
def test_a_layer_trains_in_what_it_declares(row: tuple[str, str]) -> None:
    allocated, worked_out = measured(*row, train=True)
    assert worked_out == pytest.approx(allocated, rel=CLOSE)


@pytest.mark.parametrize("row", ROWS + FORGETFUL, ids=" ".join)
def test_a_layer_runs_in_what_it_declares(row: tuple[str, str]) -> None:
    allocated, worked_out = measured(*row, train=False)
    assert worked_out == pytest.approx(allocated, rel=CLOSE)


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("kind", LOSSES)
def test_a_loss_takes_what_it_declares(kind: str, train: bool) -> None:
    shape = f"input_param {{ shape {{ dim: [{LOSSES[kind]}] }} }}"
    target = f'layer {{ name: "target" type: "Input" top: "target" {shape} }}'
    loss = f'layer {{ name: "x" type: "{kind}" bottom: "scale" bottom: "target" top: "x" }}'
    phase = "TRAIN" if train else "TEST"
    allocated, worked_out = held(netspec.loads(BEFORE + target + loss, phase=phase), train)
    assert worked_out == pytest.approx(allocated, rel=CLOSE)


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_a_sequence_takes_what_it_declares(kind: str, train: bool) -> None:
    said = 'recurrent_param { num_output: 128 weight_filler { type: "xavier" } }'
    shapes = ("12, 16, 64", "12, 16")
    data, cont = (f"input_param {{ shape {{ dim: [{shape}] }} }}" for shape in shapes)
    text = f"""
    layer {{ name: "data" type: "Input" top: "data" {data} }}
    layer {{ name: "cont" type: "Input" top: "cont" {cont} }}
    layer {{ name: "x" type: "{kind}" bottom: "data" bottom: "cont" top: "x" {said} }}
    """
    text += AFTER
    phase = "TRAIN" if train else "TEST"
    allocated, worked_out = held(netspec.loads(text, phase=phase), train)
    assert worked_out == pytest.approx(allocated, rel=CLOSE)
