"""A front with lr_mult 0 takes no part in the backward pass (net.cpp, Net::Init)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import compiler
from compiler.network import Network

LAYER = """
layer {{ name: "conv{i}" type: "Convolution" bottom: "{bottom}" top: "conv{i}" {param}
  convolution_param {{ num_output: 8 kernel_size: 3 pad: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "relu{i}" type: "ReLU" bottom: "conv{i}" top: "relu{i}" }}
"""
FROZEN = "param { lr_mult: 0 } param { lr_mult: 0 }"
DEPTH = 4


def solver_of(folder: Path, frozen: int) -> compiler.Solver:
    text = """layer { name: "data" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 4 dim: 8 dim: 16 dim: 16 } shape { dim: 4 } } }"""
    bottom = "data"
    for i in range(DEPTH):
        text += LAYER.format(i=i, bottom=bottom, param=FROZEN if i < frozen else "")
        bottom = f"relu{i}"
    text += f"""
layer {{ name: "score" type: "InnerProduct" bottom: "{bottom}" top: "score"
  inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss" }}"""
    (folder / "net.prototxt").write_text(text)
    (folder / "solver.prototxt").write_text(
        f'net: "{folder / "net.prototxt"}" base_lr: 0.1 lr_policy: "fixed" max_iter: 1'
    )
    torch.manual_seed(1)
    return compiler.Solver(folder / "solver.prototxt", device="cpu")


def step(solver: compiler.Solver) -> tuple[list[str], int]:
    """The layers through which a gradient came, and the bytes kept for the backward pass."""
    seen: list[str] = []
    net: Network = solver.net

    def note(name: str) -> Any:
        def hook(module: torch.nn.Module, _: Any, top: torch.Tensor) -> None:
            if isinstance(top, torch.Tensor) and top.requires_grad:
                top.register_hook(lambda gradient: seen.append(name))

        return hook

    for name in net.modules_of:
        net.layer(name).register_forward_hook(note(name))
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        solver.step(data=torch.rand(4, 8, 16, 16), label=torch.tensor([0, 1, 2, 0]))
    return seen, sum(kept.values())


@pytest.mark.parametrize("frozen", range(DEPTH + 1))
def test_nothing_goes_back_below_the_last_frozen_layer(tmp_path: Path, frozen: int) -> None:
    solver = solver_of(tmp_path, frozen)
    before = {n: [b.clone() for b in bs] for n, bs in compiler.blobs(solver.net).items()}
    seen, _ = step(solver)
    learned = [f"{kind}{i}" for i in range(frozen, DEPTH) for kind in ("conv", "relu")]
    assert sorted(seen) == sorted([*learned, "score", "loss"])
    for name, blobs in compiler.blobs(solver.net).items():
        moved = any(not torch.equal(a, b) for a, b in zip(before[name], blobs))
        assert moved is (name in learned or name == "score"), name
        if not moved:
            assert all(blob.grad is None for blob in blobs)


def test_what_is_kept_for_the_backward_pass_shrinks_with_the_front(tmp_path: Path) -> None:
    kept = [step(solver_of(tmp_path, frozen))[1] for frozen in (0, 2, 4)]
    activation = 4 * 8 * 16 * 16 * 4  # bytes
    assert kept[0] - kept[1] >= 2 * activation
    assert kept[1] - kept[2] >= 2 * activation


def test_a_frozen_layer_above_a_learned_one_still_passes_gradients_on(tmp_path: Path) -> None:
    solver_of(tmp_path, 0)
    text = (tmp_path / "net.prototxt").read_text()
    text = text.replace('top: "conv2" ', f'top: "conv2" {FROZEN}')
    (tmp_path / "net.prototxt").write_text(text)
    solver = compiler.Solver(tmp_path / "solver.prototxt", device="cpu")
    seen, _ = step(solver)
    assert "conv0" in seen
    assert all(blob.grad is None for blob in compiler.blobs(solver.net)["conv2"])
