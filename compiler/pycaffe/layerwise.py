"""The solver behind pycaffe's: its gradients come through the open net, layer by layer."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from compiler.pycaffe.mode import MODE
from compiler.pycaffe.net import Net
from compiler.training import Solver
from compiler.training.learnable import learnables
from compiler.training.optimizer import Optimizer
from compiler.training.precision import Arithmetic
from netspec.diagnostics import Diagnostic, SpecError
from netspec.schema.solver_beyond import Precision


class Layerwise(Solver):
    """A Solver that runs `face`, a Net over its own; the parameters' diffs are its gradients.

    `rule` is an update rule in place of the file's type. Raises SpecError.
    """

    def __init__(self, path: str | os.PathLike[str], rule: str | None) -> None:
        super().__init__(path, str(MODE.device))
        self.arithmetic = Arithmetic(Precision.FP32, self.device)  # arrays of scripts are float32
        if rule is not None and rule != self.settings.type:
            self.change(type=rule)
            self.optimizer = Optimizer(learnables(self.net), self.settings)
        self.optimizer.settings = replace(self.settings, snapshot_diff=True)  # keeps the updates
        self.face = Net.over(self.net)

    def change(self, **settings: Any) -> None:
        """Other settings. Raises SpecError where they do not go together."""
        changed = replace(self.settings, **settings)
        wrong = [r for r in changed.check() if r not in list(self.settings.check())]
        if wrong:
            at = self.file.span("type")
            raise SpecError([Diagnostic(r.code, r.message, at, r.help) for r in wrong])
        self.settings = changed

    def accumulate(self, *args: Any, **inputs: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """Sum the gradients of iter_size batches in the diffs; the mean loss and the last blobs."""
        face, last = self.face, len(self.face.layers) - 1
        face.clear_param_diffs()
        losses = []
        for _ in range(self.settings.iter_size):
            losses.append(face._forward(0, last))
            face._backward(last, 0)
        mean = torch.tensor(sum(losses) / len(losses))
        self.losses.add(mean)
        blobs = face.blobs
        wanted = {n: blobs[n].values.tensor(blobs[n].shape).clone() for n in self.net.wanted}
        return mean, wanted

    def apply(self) -> bool:
        """Update the parameters; their diffs are then what was subtracted, as in Caffe."""
        self._go_along()
        diffs = {}
        for parameter in self.optimizer.parameters:
            blob = self.face.params[parameter.layer][parameter.index]
            blob.values.tensor(blob.shape)  # what a script wrote into its array
            gradient = blob.gradient.written(blob.shape)
            diffs[parameter.layer, parameter.index] = gradient
            if parameter.lr_mult and isinstance(parameter.values, torch.nn.Parameter):
                parameter.values.grad = gradient
        done = super().apply()
        for place, update in self.optimizer.updates.items():
            diffs[place].copy_(update)
        self.face._parameters.follow()
        return done

    def _go_along(self) -> None:
        """Where the net has moved to another device, so does what the solver keeps."""
        self.face._settle()
        if self.device != MODE.device:
            self.device = MODE.device
            for history in self.optimizer.history:
                history.data = history.data.to(self.device)
