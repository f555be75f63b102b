"""A small net that makes its own data, and solver files for it, for the tests of training."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import torch

import compiler
from compiler.training import events

Kind = TypeVar("Kind")
NET = """
name: "tiny"
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: [8, 3, 6, 6] } shape { dim: 8 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "uniform" min: 0 max: 3 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { } param { lr_mult: 2 }
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
  include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SETTINGS = {
    "net": '"net.prototxt"',
    "base_lr": "0.05",
    "lr_policy": '"fixed"',
    "momentum": "0.9",
    "max_iter": "12",
    "random_seed": "3",
    "snapshot": "5",
    "snapshot_prefix": '"out/snap"',
    "solver_mode": "CPU",
}
TESTED = {"test_iter": "2", "test_interval": "2"}


def write(text: str = NET, name: str = "solver.prototxt", **changed: object) -> Path:
    """Both files in the working directory; `changed` are settings as they are written."""
    Path("net.prototxt").write_text(text)
    said = {**SETTINGS, **changed}
    Path(name).write_text("".join(f"{k}: {v}\n" for k, v in said.items() if v is not None))
    return Path(name)


def override(text: str, more: str) -> str:
    """A solver file with the settings of `more` in the place of its own."""
    names = "|".join(re.findall(r"(\w+):", more))
    kept = re.sub(rf"\b({names}): (\[[^\]]*\]|\"[^\"]*\"|\S+)", "", text) if names else text
    return kept + more + "\n"


def make(text: str = NET, **changed: object) -> compiler.Solver:
    return compiler.Solver(write(text, **changed))


def solve(text: str = NET, **changed: object) -> tuple[compiler.Solver, list[events.Event]]:
    """A solver that has trained to its end, and what it told."""
    solver = make(text, **changed)
    told: list[events.Event] = []
    solver.solve(told.append)
    return solver, told


def of(told: list[events.Event], kind: type[Kind]) -> Iterator[Kind]:
    return (e for e in told if isinstance(e, kind))


def weights(solver: compiler.Solver) -> list[torch.Tensor]:
    """Copies of all parameters and statistics."""
    return [b.detach().clone() for layer in compiler.blobs(solver.net).values() for b in layer]


def same(one: list[torch.Tensor], two: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
