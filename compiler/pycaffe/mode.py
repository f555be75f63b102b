"""What holds for all nets from here on: the device, the random numbers, whether Python may run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from compiler.training.nets import choose_device
from netspec.diagnostics import SpecError
from netspec.layers.python import allowing_python


class Refused(SpecError, RuntimeError):
    """What was given cannot be used; pycaffe raises a RuntimeError."""


@dataclass
class Mode:
    """`set_device` chooses a GPU, `set_mode_gpu` makes use of it."""

    gpu: bool = False
    number: int = 0
    python: bool = False

    @property
    def device(self) -> torch.device:
        return torch.device("cuda", self.number) if self.gpu else torch.device("cpu")


MODE = Mode()


@contextmanager
def in_force() -> Iterator[None]:
    """Python layers run where that was allowed; faults are raised as pycaffe's are."""
    with allowing_python(MODE.python):
        try:
            yield
        except SpecError as error:
            raise Refused(error.diagnostics) from error.__cause__


def set_mode_cpu() -> None:
    """Nets run on the CPU."""
    MODE.gpu = False


def set_mode_gpu() -> None:
    """Nets run on the GPU of `set_device`. Raises SpecError C214 where there is none."""
    with in_force():
        choose_device(f"cuda:{MODE.number}")
    MODE.gpu = True


def set_device(number: int) -> None:
    """The GPU that nets run on after `set_mode_gpu`."""
    MODE.number = number


def set_random_seed(seed: int) -> None:
    """Fillers, Dropout and data layers of nets that are made from here on follow this seed."""
    torch.manual_seed(seed)


def allow_python(allowed: bool = True) -> None:
    """Let nets that are made from here on run their Python layers: programs, so only those that
    you trust. In pycaffe they always run.
    """
    MODE.python = allowed
