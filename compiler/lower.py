"""`lower` turns a declared layer into the PyTorch module that computes what Caffe computes.

It dispatches on the layer's class. The module takes the bottoms and returns the top, or a tuple
where the node has several tops (a source: always a tuple); its parameters and buffers bear the
roles of the layer's weights (`weight`, `bias`, `mean` ...), in Caffe's shapes.
"""

from __future__ import annotations

from functools import singledispatch

import torch
from torch import nn

from netspec.graph import Node
from netspec.schema.layer import Layer


@singledispatch
def lower(layer: Layer, node: Node) -> nn.Module:
    """The module of a layer. `node` tells its bottoms' shapes, tops, weights and phase."""
    raise NotImplementedError(f"{type(layer).__name__} has no lowering")


class Weighted(nn.Module):
    """Holds the weights that its layer declares: parameters where they are learned, or buffers."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        for weight in node.weights:
            made = torch.zeros(weight.shape)
            if weight.learned:
                self.register_parameter(weight.role, nn.Parameter(made))
            else:
                self.register_buffer(weight.role, made)
