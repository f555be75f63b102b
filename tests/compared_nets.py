"""Small nets to be held against what others computed of them."""

from __future__ import annotations

import torch
from torch import Tensor

import compiler
import netspec

IMAGE = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 8, 8] } } }'
)


def layer(kind: str, settings: str = "", bottom: str = "data", top: str = "top") -> str:
    return f'layer {{ name: "{top}" type: "{kind}" bottom: "{bottom}" top: "{top}" {settings} }}'


CONV = """convolution_param { num_output: 4 kernel_size: 3
  weight_filler { type: "gaussian" std: 0.1 } bias_filler { type: "gaussian" } }"""
BEFORE = layer("Convolution", CONV, top="conv")


def compiled(*layers: str, seed: int = 0) -> compiler.Network:
    torch.manual_seed(seed)
    net = compiler.compile(netspec.loads("\n".join([IMAGE, *layers])), keep="all")
    for node in net.spec.nodes:
        for weight, blob in zip(node.weights, compiler.blobs(net).get(node.name, ())):
            if not weight.learned:  # statistics, as a trained net has them
                blob.data.copy_(torch.rand(blob.shape) + 1)
    return net


def image(seed: int = 1) -> Tensor:
    torch.manual_seed(seed)
    return torch.rand(2, 3, 8, 8) * 255
