"""Where what Caffe computes is the rounding of its BLAS: a case in which Caffe differs from itself.

The bias of a convolution before a BatchNorm changes nothing: its gradient is 0 but for rounding,
and Adam divides that by its own size, so that it takes steps as long as any. The mean that
BatchNorm keeps has the bias in it. `kernels.npz` has both after each update, of Caffe with the
OpenBLAS kernels of three CPUs; all else in the case agrees.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import compiler

KEPT = 0.9  # moving_average_fraction
BLOBS = ("conv/1", "bn/0")
Trace = dict[str, np.ndarray]


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch) -> Trace:
    monkeypatch.chdir(Path(__file__).parent / "golden" / "solvers" / "adam-bn-step")
    return dict(np.load("trace.npz"))


def begin(trace: Trace, kind: torch.dtype) -> tuple[compiler.Solver, list[dict[str, Tensor]]]:
    """The solver with the weights of the case, and the batches."""
    solver = compiler.Solver("solver.prototxt", device="cpu")
    for layer, blobs in compiler.blobs(solver.net).items():
        for i, blob in enumerate(blobs):
            blob.data = torch.from_numpy(trace[f"init/{layer}/{i}"]).to(kind)
    count = len(trace["loss"])
    return solver, [
        {k: torch.from_numpy(trace[f"in/{k}"][t]).to(kind) for k in ("data", "label")}
        for t in range(count)
    ]


def ours(trace: Trace) -> dict[str, np.ndarray]:
    solver, batches = begin(trace, torch.float32)
    found: dict[str, list[np.ndarray]] = {name: [] for name in BLOBS}
    for batch in batches:
        solver.step(**batch)
        for name, made in found.items():
            layer, i = name.split("/")
            made.append(compiler.blobs(solver.net)[layer][int(i)].detach().numpy().copy())
    return {name: np.stack(made) for name, made in found.items()}


def caffes() -> list[dict[str, np.ndarray]]:
    found = np.load("kernels.npz")
    kernels = sorted({key.split("/")[0] for key in found.files})
    return [{name: found[f"{kernel}/{name}"] for name in BLOBS} for kernel in kernels]


def test_the_gradient_is_rounding(trace: Trace) -> None:
    """Computed in 64 bits, the gradient of that bias is smaller by orders than what Caffe had."""
    moved = (trace["init/conv/1"].astype("f8") - trace["at/1/conv/1"]) / 0.04  # its rate
    caffe = 1e-7 * moved / (1 - np.abs(moved))  # for u = rate g / (|g| + delta / sqrt(1 - beta2))
    solver, batches = begin(trace, torch.float64)
    solver.accumulate(**batches[0])
    weight, bias = (blob.grad for blob in compiler.blobs(solver.net)["conv"])
    assert weight is not None
    assert bias is not None
    assert np.abs(caffe).max() == pytest.approx(1.2e-8, rel=0.1)
    assert float(bias.abs().max()) < 1e-15
    assert float(weight.abs().max()) > 1e-3


def test_we_are_as_far_from_caffe_as_caffe_is_from_itself(trace: Trace) -> None:
    mine, theirs = ours(trace), caffes()
    for name in BLOBS:
        apart = max(gap(a[name], b[name]) for a, b in combinations(theirs, 2))
        assert apart > 0.1  # of the largest number
        nearest = min(gap(mine[name], each[name]) for each in theirs)
        assert nearest < 1.5 * apart  # our rounding, too, is another on another CPU


def test_without_the_bias_the_means_are_caffes(trace: Trace) -> None:
    """What BatchNorm has added up, less the biases that were in it, is the same in all of them."""
    means = [_without_bias(trace, each) for each in (ours(trace), *caffes())]
    for one, other in combinations(means, 2):
        assert gap(one, other) < 2e-3


def _without_bias(trace: Trace, found: dict[str, np.ndarray]) -> np.ndarray:
    """sum = KEPT sum + mean, of outputs in which the bias is: after each update."""
    biases = [trace["init/conv/1"], *found["conv/1"][:-1]]
    part, kept = np.zeros(3), []
    for bias, mean in zip(biases, found["bn/0"], strict=True):
        part = KEPT * part + bias
        kept.append(mean - part)
    return np.stack(kept)


def gap(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference after any update, relative to the largest number then."""
    return max(np.abs(a - b).max() / (np.abs(a).max() + 1e-3) for a, b in zip(one, other))
