"""Gradients as the mean over all processes, sent while the backward pass still computes others.

Caffe averages what each GPU summed, and only then clips, divides by iter_size and regularises
(NCCL::on_gradients_ready). This is done here rather than by DistributedDataParallel: the net stays
the module that it is, for hooks, snapshots and torch.compile; iter_size sends once an update;
a parameter that layers share, or that no loss depends on, needs no special case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from compiler.distributed.group import Group

BUCKET = 8 * 2**20  # bytes sent at once: many for a network, few for what is sent at the end


class Bucket:
    """Parameters whose gradients are sent together, in a buffer of their own."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = parameters
        first = parameters[0]
        self.buffer = first.new_zeros(sum(p.numel() for p in parameters))
        parts = self.buffer.split([p.numel() for p in parameters])
        self.parts = [part.as_strided(p.shape, p.stride()) for part, p in zip(parts, parameters)]
        self.ready = 0
        self.work: dist.Work | None = None

    @property
    def full(self) -> bool:
        """Whether the pass has made all of its gradients."""
        return self.ready == len(self.parameters)

    def send(self, world: int) -> None:
        """Begin to add the gradients of all processes up; one that is not there counts as zeros."""
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        torch._foreach_copy_(self.parts, gradients)
        self.buffer.mul_(1 / world)
        self.work = dist.all_reduce(self.buffer, async_op=True)

    def receive(self) -> None:
        """Wait; what has come is the mean, and the gradients from here on."""
        assert self.work is not None
        self.work.wait()
        for part, parameter in zip(self.parts, self.parameters):
            parameter.grad = part
        self.ready, self.work = 0, None


class Averaging:
    """Averages the gradients of `parameters` over a group: `begin`, a backward pass, `finish`.

    With `overlap` (layer_wise_reduce), a bucket is sent as soon as the pass has filled it and those
    before it: all processes send in the same order.
    """

    def __init__(self, parameters: Sequence[Tensor], group: Group, overlap: bool) -> None:
        self.world = group.world
        self.buckets = list(_buckets(parameters)) if group.world > 1 else []
        self.sent = len(self.buckets)  # how many, of the pass that is under way
        if overlap:
            for bucket in self.buckets:
                for parameter in bucket.parameters:
                    parameter.register_post_accumulate_grad_hook(self._note(bucket))

    def begin(self) -> None:
        """The next backward pass is the last before an update."""
        self.sent = 0

    @torch.no_grad()
    def finish(self) -> None:
        """Send what is left, and wait for all."""
        while self.sent < len(self.buckets):
            self._send()
        for bucket in self.buckets:
            bucket.receive()

    def _send(self) -> None:
        self.buckets[self.sent].send(self.world)
        self.sent += 1

    def _note(self, bucket: Bucket) -> Callable[[Tensor], None]:
        """What is done where a gradient of a bucket is complete."""

        @torch.no_grad()
        def note(parameter: Tensor) -> None:
            if self.sent < len(self.buckets):  # else it is an earlier pass of iter_size
                bucket.ready += 1
                while self.sent < len(self.buckets) and self.buckets[self.sent].full:
                    self._send()

        return note


def _buckets(parameters: Sequence[Tensor]) -> Iterator[Bucket]:
    """The last parameters first: the backward pass comes to them first."""
    waiting: list[Tensor] = []
    for parameter in reversed(parameters):
        waiting.append(parameter)
        if sum(p.numel() * p.element_size() for p in waiting) >= BUCKET:
            yield Bucket(waiting)
            waiting = []
    if waiting:
        yield Bucket(waiting)
