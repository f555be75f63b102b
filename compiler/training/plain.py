"""Training told line by line, in Caffe's words and in glog's form, for scripts that read those."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping

from compiler.training.events import (
    Displayed,
    Ended,
    Event,
    Noted,
    Snapshotted,
    Started,
    Tested,
    Testing,
)

PLACE = "solver.cpp:1"  # scripts look for the file; the line changed with every version


class Plain:
    """A watcher that prints what Caffe logs; `print` is given a line at a time."""

    def __init__(self, print: Callable[[str], object] = print) -> None:
        self.print = print

    def __call__(self, event: Event) -> None:
        for line in lines(event):
            self.say(line)

    def say(self, line: str) -> None:
        """A line as glog has it: I1121 13:30:00.123456  4711 solver.cpp:1] Iteration 0, ..."""
        now = time.time()
        stamp = time.strftime("%m%d %H:%M:%S", time.localtime(now)) + f".{int(now % 1 * 1e6):06d}"
        self.print(f"I{stamp} {os.getpid():5d} {PLACE}] {line}")


def lines(event: Event) -> Iterator[str]:
    """What Caffe says of an event (caffe/src/caffe/solver.cpp)."""
    match event:
        case Started():
            yield f"Solving {event.net}"
            yield f"Learning Rate Policy: {event.policy}"
        case Displayed():
            yield from _displayed(event)
        case Testing():
            yield f"Iteration {event.iteration}, Testing net (#{event.net})"
        case Tested(scores=None):
            yield "Test interrupted."
        case Tested():
            assert event.scores is not None
            if event.with_loss:
                yield f"Test loss: {event.scores.loss:g}"
            yield from outputs("Test", event.scores.outputs, event.scores.loss_weights)
        case Snapshotted():
            kind = "HDF5" if event.weights.endswith(".h5") else "binary proto"
            yield f"Snapshotting to {kind} file {event.weights}"
            yield f"Snapshotting solver state to {kind} file {event.state}"
        case Noted():
            yield event.caffe or event.text
        case Ended():
            yield "Optimization stopped early." if event.interrupted else "Optimization Done."


def _displayed(event: Displayed) -> Iterator[str]:
    if event.rate is None:
        yield f"Iteration {event.iteration}, loss = {event.loss:g}"
        return
    speed = event.iterations / event.seconds if event.seconds else 0.0
    lapse = f"{speed:g} iter/s, {event.seconds:g}s/{event.interval} iters"
    yield f"Iteration {event.iteration} ({lapse}), loss = {event.loss:g}"
    yield from outputs("Train", event.outputs, event.loss_weights)
    yield f"Iteration {event.iteration}, lr = {event.rate:g}"


def outputs(
    which: str, values: Mapping[str, list[float]], weights: Mapping[str, float]
) -> Iterator[str]:
    """A line for each element of each output, with its part of the loss where it has one."""
    pairs = [(name, value) for name, elements in values.items() for value in elements]
    for i, (name, value) in enumerate(pairs):
        yield f"    {which} net output #{i}: {name} = {value:g}{part_of_loss(name, value, weights)}"


def part_of_loss(name: str, value: float, weights: Mapping[str, float]) -> str:
    """` (* 0.3 = 0.6 loss)` for an output that counts towards the loss."""
    weight = weights.get(name, 0.0)
    return f" (* {weight:g} = {weight * value:g} loss)" if weight else ""
