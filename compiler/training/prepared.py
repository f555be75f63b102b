"""The train net as it is called: compiled where the solver file asks for that (`compile: true`)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import torch
from torch import Tensor

from compiler.network import Network
from compiler.training.besides import sources
from netspec.diagnostics import Diagnostic, SpecError
from netspec.solver_file import SolverFile

Forward = Callable[..., dict[str, Tensor]]


def prepare(net: Network, file: SolverFile, device: torch.device) -> Forward:
    """What makes the net's blobs of a batch: the net itself, or what torch.compile makes of it.

    Raises SpecError C222 where nothing can be compiled.
    """
    if not file.parameter.compile:
        return net
    if lacking := _lacking(device):
        raise _refuse(file, f"{lacking} is not there", "install it, or remove compile")
    for source in sources(net).values():  # threads and files are not for compilers
        source.forward = torch.compiler.disable(source.forward)  # type: ignore[method-assign]
    compiled = torch.compile(net)

    def forward(*args: Tensor, **inputs: Tensor) -> dict[str, Tensor]:
        with _diagnosing(file):
            return compiled(*args, **inputs)

    return forward


def _lacking(device: torch.device) -> str:
    """What torch.compile would not find: it translates the code that it generates."""
    compilers = (os.environ.get("CXX"), "g++", "clang++", "c++")
    if not any(shutil.which(name) for name in compilers if name):
        return "a C++ compiler (g++ or clang++)"
    if device.type == "cuda" and find_spec("triton") is None:
        return "Triton, which compiles for GPUs,"
    return ""


@contextmanager
def _diagnosing(file: SolverFile) -> Iterator[None]:
    try:
        yield
    except torch._dynamo.exc.TorchDynamoException as error:
        reason = next((line for line in str(error).splitlines() if line), type(error).__name__)
        raise _refuse(file, reason, "remove compile: the net runs without it") from None


def _refuse(file: SolverFile, reason: str, help: str) -> SpecError:
    message = f"the net cannot be compiled: {reason}"
    return SpecError(Diagnostic("C222", message, file.span("compile"), help))
