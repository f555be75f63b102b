"""A small training for several processes."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import tiny_training as tiny
from torch import Tensor

import compiler
from compiler.distributed import Group
from compiler.training import events
from compiler.training.besides import sources

ENVIRONMENT = (
    *("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "SLURM_PROCID"),
    "TORCHELASTIC_RESTART_COUNT",
)
NET = """
layer {{ name: "data" type: "HDF5Data" top: "data" top: "label" include {{ phase: TRAIN }}
  hdf5_data_param {{ source: "files.txt" batch_size: {batch} }} }}
layer {{ name: "data" type: "HDF5Data" top: "data" top: "label" include {{ phase: TEST }}
  hdf5_data_param {{ source: "files.txt" batch_size: 6 }} }}
layer {{ name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param {{ num_output: 4 kernel_size: 3 weight_filler {{ type: "msra" }} }} }}
{norm}
layer {{ name: "relu" type: "ReLU" bottom: "conv" top: "conv" }}
layer {{ name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  param {{ lr_mult: 1 }} param {{ lr_mult: 2 }}
  inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }}
layer {{ name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
  include {{ phase: TEST }} }}
"""
NORM = 'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }'
SOLVER = """
net: "net{batch}.prototxt" base_lr: 0.05 lr_policy: "multistep" gamma: 0.5 stepvalue: [4, 7]
momentum: 0.9 weight_decay: 0.001 max_iter: {last} random_seed: 3 solver_mode: CPU
test_iter: 3 test_interval: 4 display: 1 average_loss: 2 snapshot: 4 snapshot_prefix: "{prefix}"
"""


def write_images() -> None:
    """20 images of three classes, in the working directory."""
    random = np.random.default_rng(0)
    labels = np.arange(20) % 3
    images = random.normal(size=(20, 1, 5, 5)) + labels[:, None, None, None]
    with h5py.File("data.h5", "w") as file:
        file["data"], file["label"] = images.astype("f4"), labels.astype("f4")
    Path("files.txt").write_text("data.h5\n")


def write(batch: int, more: str = "", norm: str = "", prefix: str = "one", last: int = 10) -> str:
    """A net with batches of a size and its solver; the path of that."""
    Path(f"net{batch}.prototxt").write_text(NET.format(batch=batch, norm=norm))
    path = f"solver{batch}.prototxt"
    solver = SOLVER.format(batch=batch, prefix=prefix, last=last)
    Path(path).write_text(tiny.override(solver, more))
    return path


Trained = tuple[list[tuple[int, float, float]], list[Tensor]]


def train(group: Group, path: str, state: str = "", iterations: int | None = None) -> Trained:
    """What a solver tells of training and tests, and the parameters that are learned."""
    solver = compiler.Solver(path, group=group)
    if state:
        solver.restore(state)
    told: list[tuple[int, float, float]] = []

    def watch(event: events.Event) -> None:
        if isinstance(event, events.Displayed):
            told.append((event.iteration, event.loss, event.rate or 0.0))
        elif isinstance(event, events.Tested) and event.scores is not None:
            told.append((event.iteration, event.scores.loss, event.scores.outputs["accuracy"][0]))

    solver.solve(watch, iterations=iterations)
    for net in (solver.net, *solver.test_nets):
        for source in sources(net).values():
            source.close()  # no thread is to live on where processes are forked
    return told, [p.detach().clone() for p in solver.optimizer.learned]


DROPS = NORM + 'layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }'
