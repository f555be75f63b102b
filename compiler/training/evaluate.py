"""Caffe's test: a net runs over some batches, and each element of its outputs is averaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from compiler.network import Network
from compiler.training.memory import in_memory


@dataclass(frozen=True)
class Scores:
    """Means over `batches`: the loss, and each output's elements by blob name, in Caffe's order.

    `loss_weights` are those of the outputs that count towards the loss.
    """

    batches: int
    loss: float
    outputs: dict[str, list[float]]
    loss_weights: dict[str, float]


Watch = Callable[[int, dict[str, list[float]]], None]


@torch.no_grad()
def evaluate(
    net: Network,
    batches: int,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Scores | None:
    """The scores of a net that reads its own data, over so many batches (Solver::Test).

    `watch` is shown the outputs of each batch, which makes a GPU wait; `stop` is asked before each
    batch, and where it says so the result is None. Raises SpecError C217 where memory is short.
    """
    total: dict[str, Tensor] = {}
    for i in range(batches):
        if stop():
            return None
        with in_memory(net.spec.name):
            blobs = net()
        if watch is not None:
            watch(i, {name: elements(blobs[name]) for name in net.spec.outputs})
        for name, blob in blobs.items():
            values = blob.reshape(-1).double()
            total[name] = total[name] + values if i else values
    means = {name: (values / batches).tolist() for name, values in total.items()}
    loss = sum(w * sum(means[blob]) for blob, w in net.spec.loss_weights.items() if blob in means)
    outputs = {name: means[name] for name in net.spec.outputs if name in means}
    return Scores(batches, loss, outputs, dict(net.spec.loss_weights))


def elements(blob: Tensor) -> list[float]:
    """The numbers of a blob, in order."""
    return blob.detach().reshape(-1).tolist()


def loss_of(blobs: dict[str, Tensor], weights: dict[str, float]) -> Tensor:
    """The sum of all that counts towards the loss (Net::ForwardFromTo)."""
    parts = [_weighed(blobs[name], weight) for name, weight in weights.items()]
    return torch.stack(parts).sum() if len(parts) > 1 else parts[0]


def _weighed(blob: Tensor, weight: float) -> Tensor:
    total = blob.sum() if blob.dim() else blob
    return total if weight == 1 else total * weight
