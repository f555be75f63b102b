"""caffe.Timer: milliseconds between `start` and `stop`, for a GPU when its work is done."""

from __future__ import annotations

import time

import torch

from compiler.pycaffe.mode import MODE


class Timer:
    """`ms` is what passed between the latest `start` and `stop`."""

    ms = 0.0

    def start(self) -> None:
        self._began = _now()

    def stop(self) -> None:
        self.ms = 1000 * (_now() - self._began)


def _now() -> float:
    if MODE.gpu:
        torch.cuda.synchronize(MODE.number)
    return time.perf_counter()
