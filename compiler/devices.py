"""What nets can run on here, as torch sees it, and whether a small computation succeeds there."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

GIB = 2**30
WIDE = 72


@dataclass(frozen=True)
class Device:
    """`name` is what --device takes. Memory is in bytes; None where it is not known.

    `cores` are a processor's that this process may use, or a GPU's multiprocessors; `fault` says
    why a computation fails there.
    """

    name: str
    model: str
    cores: int
    memory: int | None
    free: int | None
    bf16: bool
    fault: str = ""
    more: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """What stands under its name, for people."""
        what = "cores" if self.name == "cpu" else "multiprocessors"
        parts = [f"{self.cores} {what}"]
        if self.memory is not None:
            parts.append(f"{self.memory / GIB:.1f} GiB of memory")
        if self.free is not None:
            parts.append(f"{self.free / GIB:.1f} GiB free")
        yield ", ".join(parts)
        rest = [f"{key} {value}" for key, value in self.more.items()]
        yield ", ".join([*rest, "bfloat16" if self.bf16 else "no bfloat16"])


@dataclass(frozen=True)
class Machine:
    """The devices of this machine, the processor first."""

    torch: str
    cuda: str | None  # that torch is built for
    cudnn: int | None
    devices: tuple[Device, ...]

    @property
    def built_for(self) -> str:
        if self.cuda is None:
            return "built for the CPU only"
        return f"built for CUDA {self.cuda}" + (f", cuDNN {self.cudnn}" if self.cudnn else "")

    @property
    def why_no_gpu(self) -> str:
        """Where there is no GPU, what that may be owed to."""
        if self.cuda is None:
            return "this torch has no CUDA: pytorch.org names the index of one that has"
        return "torch finds no GPU: see `nvidia-smi` and CUDA_VISIBLE_DEVICES"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def machine() -> Machine:
    """Everything that there is, each device tried once."""
    gpus = [_gpu(i) for i in range(torch.cuda.device_count())]
    cudnn = torch.backends.cudnn.version() if torch.version.cuda else None
    return Machine(torch.__version__, torch.version.cuda, cudnn, (_cpu(), *gpus))


def _cpu() -> Device:
    able = getattr(torch.backends.cpu, "get_cpu_capability", lambda: "")()
    total, free = _memory()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    more = {"threads": str(torch.get_num_threads())} | ({"instructions": able} if able else {})
    return Device("cpu", _model(), cores or 1, total, free, True, _tried("cpu"), more)


def _gpu(number: int) -> Device:
    said = torch.cuda.get_device_properties(number)
    fault = _tried(f"cuda:{number}")
    free = None if fault else torch.cuda.mem_get_info(number)[0]
    return Device(
        f"cuda:{number}",
        said.name,
        said.multi_processor_count,
        said.total_memory,
        free,
        said.major >= 8,
        fault,
        {"compute capability": f"{said.major}.{said.minor}"},
    )


def _tried(name: str) -> str:
    """Why a small computation fails on a device, or an empty string."""
    try:
        ones = torch.ones(8, 8, device=name)
        return "" if float((ones @ ones).sum()) == 512 else "it computes wrong numbers"
    except RuntimeError as wrong:
        return str(wrong).splitlines()[0][:WIDE]


def _model() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> tuple[int | None, int | None]:
    """All of it, and what programs can still have."""
    info = Path("/proc/meminfo")
    if not info.is_file():
        return None, None
    lines = (line.split() for line in info.read_text(encoding="ascii").splitlines())
    found = {words[0]: int(words[1]) * 1024 for words in lines if len(words) > 1}
    return found.get("MemTotal:"), found.get("MemAvailable:")
