"""HDF5Output. A MemoryData needs no module: its tops are arguments of the net."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from compiler.lower import lower
from netspec.atomic import replacing
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node
from netspec.layers.memory import HDF5Output


class Written(nn.Module):
    """Writes the first batch as `data` and `label`, each of four axes; refuses a second (C310)."""

    def __init__(self, layer: HDF5Output, node: Node) -> None:
        super().__init__()
        self.path, self.span = Path(layer.file_name), node.span
        self.done = False

    @torch.no_grad()
    def forward(self, data: Tensor, label: Tensor) -> tuple[()]:
        import h5py

        if self.done:
            message = f"{self.path} has its batch already"
            help = "Caffe's HDF5Output writes one batch: run the net once"
            raise SpecError(Diagnostic("C310", message, self.span, help))
        with replacing(self.path, "C107") as temporary, h5py.File(temporary, "w") as file:
            for name, blob in (("data", data), ("label", label)):
                four = blob.reshape((*blob.shape, 1, 1, 1)[:4])
                file.create_dataset(name, data=four.cpu().numpy(), dtype="<f4")
        self.done = True
        return ()

    def extra_repr(self) -> str:
        return str(self.path)


@lower.register
def hdf5_output(layer: HDF5Output, node: Node) -> nn.Module:
    return Written(layer, node)
