"""Mixed precision: layers in bfloat16 or float16 where torch.autocast says; weights in float32.

float16 has so few small numbers that the loss is scaled up and the gradients down again before
the update; where that overflows the update is left out (torch.amp.GradScaler).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from compiler.network import Network
from compiler.training.optimizer import Optimizer
from netspec.diagnostics import Diagnostic, SpecError
from netspec.schema.layer import Family
from netspec.schema.solver_beyond import Precision

TYPES = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}


class Arithmetic:
    """What a solver's `precision` means for its passes and its updates."""

    def __init__(self, precision: Precision, device: torch.device) -> None:
        self.device = device.type
        self.type = TYPES.get(precision)
        if device.type == "cuda" and precision is Precision.BF16:
            _require_bf16(device)
        scaled = precision is Precision.FP16
        self.scaler = torch.amp.GradScaler(self.device) if scaled else None

    def prepare(self, net: Network) -> None:
        """Let losses and accuracies of a net take float32, whatever made their bottoms."""
        if self.type is not None:
            for node in net.spec.nodes:
                if node.name in net.modules_of and node.layer.family is Family.LOSS:
                    net.layer(node.name).register_forward_pre_hook(_in_float32)

    def forward(self) -> AbstractContextManager[Any]:
        """The context of a forward pass."""
        return torch.autocast(self.device, self.type) if self.type else nullcontext()

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss to those that are there."""
        (loss if self.scaler is None else self.scaler.scale(loss)).backward()

    def step(self, optimizer: Optimizer, rate: float, iteration: int) -> bool:
        """Update the parameters; False where that was left out because the gradients overflowed."""
        if self.scaler is None:
            return optimizer.step(rate, iteration)
        done = self.scaler.step(optimizer, rate, iteration)  # type: ignore[arg-type]
        self.scaler.update()
        return bool(done)

    @property
    def state(self) -> Mapping[str, Any] | None:
        """The scale and what decides on the next one; None where nothing is scaled."""
        return self.scaler.state_dict() if self.scaler is not None else None

    def restore(self, state: Mapping[str, Any] | None) -> None:
        """Go on from a `state`; from the beginning where there is none."""
        if self.scaler is not None and state:
            self.scaler.load_state_dict(dict(state))


def _require_bf16(device: torch.device) -> None:
    """Raise SpecError C214 for a GPU from before 2020."""
    if torch.cuda.get_device_capability(device) < (8, 0):
        message = f"the device {device} cannot be used: it does not compute in bfloat16"
        raise SpecError(Diagnostic("C214", message, None, "write precision: FP16"))


def _in_float32(module: nn.Module, bottoms: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(b.float() if torch.is_floating_point(b) else b for b in bottoms)
