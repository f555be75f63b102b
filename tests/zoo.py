"""The nets of specs/ as tests use them: by name, and compiled without memory on the meta device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from live_memory import LiveMemory
from torch.utils.flop_counter import FlopCounterMode

import compiler
import netspec
from compiler.network import Network
from netspec.graph import Graph

SPECS = Path(__file__).parent.parent / "specs"
NETS = (
    "lenet/lenet",
    "alexnet/alexnet",
    "vgg/vgg-16",
    "googlenet/googlenet",
    "bn-inception/bn-inception",
    "inception-v2/inception-v2",
    "inception-v3/inception-v3",
    "resnet/resnet-18",
    "resnet/resnet-34",
    "resnet/resnet-50",
    "resnet/resnet-101",
    "resnet/resnet-152",
    "resnext/resnext-50-32x4d",
)

LONG = ("resnet-34", "resnet-101", "resnet-152", "bn-inception", "inception-v3")  # others' kin
TRAINED = tuple(net for net in NETS if not net.endswith(LONG))
BATCH = 4


@cache
def graph(net: str, phase: str = "TEST", batch: int | None = None) -> Graph:
    """A net by its name, such as resnet/resnet-50."""
    found = netspec.load(SPECS / f"{net}.yaml", phase=phase)
    if batch is None:
        return found
    shapes = {blob: (batch, *shape[1:]) for blob, shape in found.inputs.items()}
    return netspec.load(SPECS / f"{net}.yaml", phase=phase, shapes=shapes)


@cache
def on_meta(net: str) -> Network:
    """A net whose tensors have shapes and no numbers: it runs in no time, and computes nothing."""
    with torch.device("meta"):
        return compiler.compile(graph(net)).eval()


@dataclass(frozen=True)
class Measured:
    """What PyTorch does in a pass: the FLOPs of products, and the most bytes held at a time."""

    flops: int
    memory: int


@cache
def measured(net: str, training: bool, batch: int) -> Measured:
    """A forward pass or, in training, that and a backward pass from the sum of the outputs."""
    module = on_meta(net).train(training)
    data = torch.empty(graph(net, batch=batch).inputs["data"], device="meta")
    memory = LiveMemory([*module.parameters(), *module.buffers(), data])
    counter = FlopCounterMode(display=False)
    with torch.set_grad_enabled(training), memory, counter:
        made = module(data)
        if training:
            sum(blob.sum() for blob in made.values()).backward()
    module.zero_grad(set_to_none=True)
    return Measured(counter.get_total_flops(), memory.peak)
