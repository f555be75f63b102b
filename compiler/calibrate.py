"""The rates of the device that this runs on, measured: products of matrices, memory, one call."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

PRECISIONS = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
SIDE = (1024, 8192)  # of the matrices, on a CPU and on a GPU
BYTES = (2**27, 2**30)  # of the blob that is copied, larger than any cache
SLOW = 8  # a precision so many times slower than float32 is computed without hardware for it
ROUNDS, CALLS, PART = 5, 200, 64


def rates(device: torch.device, seconds: float) -> dict[str, float]:
    """FLOP/s of products of square matrices, for each precision that the device multiplies well."""
    side, found = SIDE[device.type != "cpu"], dict[str, float]()
    for name, dtype in PRECISIONS.items():
        try:
            one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
            part = _best(partial(torch.mm, one[:PART], other), device, 0.0)
            if 2 * PART * side**2 / part > found.get("float32", 0.0) / SLOW:
                best = _best(partial(torch.mm, one, other), device, seconds)
                found[name] = 2 * side**3 / best
        except RuntimeError:  # the device has no such product
            continue
    return found


def bandwidth(device: torch.device, seconds: float) -> float:
    """Bytes a second, read and written, while a blob larger than the caches is copied."""
    blob = torch.empty(BYTES[device.type != "cpu"] // 4, device=device).fill_(1)
    copy = torch.empty_like(blob)
    return 2 * 4 * blob.numel() / _best(lambda: copy.copy_(blob), device, seconds)


def overhead(device: torch.device) -> float:
    """Seconds of a call that does next to nothing, as nets make it: of a module."""
    module, blob = torch.nn.ReLU(), torch.zeros(1, 1, device=device)

    def calls() -> None:
        for _ in range(CALLS):
            module(blob)

    return _best(calls, device, 0.1) / CALLS


def measure(device: torch.device, seconds: float = 0.5) -> str:
    """The profile of a device as the text of a YAML file (netspec.devices).

    Each measurement takes so many seconds, and a few rounds at least.
    """
    with torch.inference_mode():
        found, moved = rates(device, seconds), bandwidth(device, seconds)
        call = overhead(device)
    shown = ", ".join(f"{name}: {rate / 1e12:.4g}" for name, rate in found.items())
    threads = f", {torch.get_num_threads()} threads" if device.type == "cpu" else ""
    return (
        f'name: "{_name(device)}{threads}"\n'
        f'source: "measured by netspec calibrate, PyTorch {torch.__version__}"\n'
        f"peak_tflops: {{{shown}}}\n"
        f"bandwidth_gb_s: {moved / 1e9:.4g}\n"
        f"overhead_us: {call * 1e6:.3g}\n"
    )


def _best(work: Callable[[], object], device: torch.device, seconds: float) -> float:
    """The shortest of many times: the one that nothing else disturbed."""
    times = [_time(work, device) for _ in range(ROUNDS)]
    while sum(times) < seconds:
        times.append(_time(work, device))
    return min(times[1:])


def _time(work: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    start = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def _name(device: torch.device) -> str:
    """What the device is called."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
