"""A net of one layer, fed by Inputs: what tests of single layer types build."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

import compiler
import netspec

Shape = tuple[int, ...]


def spec(body: str, bottoms: Sequence[Shape], tops: int = 1) -> str:
    """The prototxt of a layer `op` with the given type and settings, and bottoms b0, b1 ..."""
    text = ""
    for i, shape in enumerate(bottoms):
        dims = " ".join(f"dim: {d}" for d in shape)
        shaped = f"input_param {{ shape {{ {dims} }} }}"
        text += f'layer {{ name: "b{i}" type: "Input" top: "b{i}" {shaped} }}\n'
    wires = "".join(f'bottom: "b{i}" ' for i in range(len(bottoms)))
    wires += "".join(f'top: "t{i}" ' for i in range(tops))
    return text + f'layer {{ name: "op" {wires} {body} }}\n'


def graph_of(
    body: str, bottoms: Sequence[Shape], tops: int = 1, phase: str = "TEST"
) -> netspec.Graph:
    return netspec.loads(spec(body, bottoms, tops), phase=phase)


class One:
    """The layer, compiled: called with arrays, it gives the arrays of its tops."""

    def __init__(
        self, body: str, bottoms: Sequence[Shape], tops: int = 1, phase: str = "TEST"
    ) -> None:
        self.graph = graph_of(body, bottoms, tops, phase)
        self.net = compiler.compile(self.graph, keep="all")
        self.count = tops
        self.inputs: list[torch.Tensor] = []

    @property
    def blobs(self) -> list[torch.Tensor]:
        return compiler.blobs(self.net).get("op", [])

    def fill(self, *values: np.ndarray) -> None:
        with torch.no_grad():
            for blob, value in zip(self.blobs, values, strict=True):
                blob.copy_(torch.from_numpy(np.asarray(value)).view_as(blob))

    def tensors(self, *arrays: np.ndarray, grad: bool = False) -> tuple[torch.Tensor, ...]:
        """The tops; `grad` makes the bottoms require gradients, which `inputs` then has."""
        self.inputs = [torch.tensor(a, requires_grad=grad) for a in arrays]
        found = self.net(*self.inputs)
        return tuple(found[f"t{i}"] for i in range(self.count))

    def __call__(self, *arrays: np.ndarray) -> list[np.ndarray]:
        return [t.detach().numpy() for t in self.tensors(*arrays)]


def drawn(seed: int, *shape: int) -> np.ndarray:
    """Normal numbers."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
