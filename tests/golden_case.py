"""A golden case: a small net, its inputs and parameters, and what Caffe made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import compiler
import netspec

LAYERS = Path(__file__).parent / "golden" / "layers"
TOLERANCE = 2e-4  # relative to the largest magnitude of the expected array


def cases(folder: Path = LAYERS) -> list[str]:
    """The names of all cases."""
    return sorted(p.stem for p in folder.glob("*.prototxt"))


@dataclass
class Case:
    """A case, compiled for a device and given its parameters."""

    name: str
    device: str = "cpu"
    folder: Path = LAYERS

    def __post_init__(self) -> None:
        path = self.folder / f"{self.name}.prototxt"
        head = path.read_text().splitlines()[0].split()
        self.steps = int(head[4])
        self.graph = netspec.load(path, phase=head[2])
        self.net = compiler.compile(self.graph, keep="all").to(self.device)
        self.arrays = np.load(self.folder / f"{self.name}.npz")
        with torch.no_grad():
            for key, value in self.group("param").items():
                self.blob(key).copy_(torch.from_numpy(value))

    def group(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays under a prefix."""
        start = prefix + "/"
        return {k[len(start) :]: self.arrays[k] for k in self.arrays.files if k.startswith(start)}

    def blob(self, key: str) -> Tensor:
        """A parameter blob, by `layer/index`."""
        layer, index = key.rsplit("/", 1)
        return compiler.blobs(self.net)[layer][int(index)]

    def inputs(self, step: int) -> dict[str, Tensor]:
        """What forward `step` is fed; those whose gradient is known require it."""
        wanted = self.group("diff")
        made = {}
        for name, value in self.group("in").items():
            moved = value if step == 0 else value + np.float32(0.1 * step)
            made[name] = torch.tensor(moved, device=self.device).requires_grad_(name in wanted)
        return made


def assert_close(got: Tensor | None, want: np.ndarray, what: str) -> None:
    """Equal up to TOLERANCE of the largest expected magnitude; a missing gradient is zero."""
    found = np.zeros_like(want) if got is None else got.detach().cpu().numpy()
    assert found.shape == want.shape, f"{what}: {found.shape}, Caffe {want.shape}"
    if want.size:
        gap = np.abs(found.astype(np.float64) - want).max() / (np.abs(want).max() + 1e-3)
        assert gap <= TOLERANCE, f"{what}: off by {gap:.2g}"
