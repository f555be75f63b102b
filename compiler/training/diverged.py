"""Training that diverged: seen early, and told with the layer in which it began.

The batch whose loss was not finite is run once more, layer by layer, forward and backward.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx

from compiler.network import Network, blobs
from compiler.training.besides import sources
from compiler.training.evaluate import loss_of
from netspec.diagnostics import Diagnostic, Note, SpecError

if TYPE_CHECKING:
    from compiler.training.solver import Solver

SATURATED = -math.log(torch.finfo(torch.float32).tiny)  # 87.3365
ADVICE = "lower base_lr, or bound the gradients with clip_gradients"


def require_finite_loss(solver: Solver, kept: str) -> None:
    """Raise SpecError C216 once a loss was infinite or not a number; makes a GPU wait.

    `kept` names the last good snapshot.
    """
    if not solver.losses.all_finite():
        raise _diverged(solver, kept, "the loss", first_fault(solver.net))


def require_finite_weights(solver: Solver, kept: str) -> None:
    """The same of the parameters and statistics."""
    if wrong := _unfit_blob(solver.net):
        layer, values = wrong
        cause = f"{layer} is the first layer whose weights are not finite"
        if values.grad is not None and not _finite(values.grad):
            cause += ", as their gradient was not"
        raise _diverged(solver, kept, "a weight", cause)


def saturated(outputs: dict[str, list[float]], weights: dict[str, float]) -> str | None:
    """What to say where a loss is as large as a softmax loss can be, or None."""
    for name in weights:
        if any(abs(value - SATURATED) < 1e-3 for value in outputs.get(name, ())):
            return (
                f"{name} is 87.3365 = -log(FLT_MIN), the most that a softmax loss can be: every "
                f"true class has probability 0. Training has diverged: {ADVICE}"
            )
    return None


def first_fault(net: Network) -> str:
    """In which layer the numbers of the batch before stop being finite, as a sentence."""
    for source in sources(net).values():
        seed, position = source.state
        source.restore((seed, max(0, position - 1)))
    return _Watched(net).find()


class _Watched(fx.Interpreter):
    """Runs a net, and notes the first layer whose output, or else gradient, is at fault."""

    def __init__(self, net: Network) -> None:
        super().__init__(net)
        self.net = net
        self.layers = {module: layer for layer, module in net.modules_of.items()}
        self.forward_fault = self.backward_fault = ""

    def find(self) -> str:
        loss = loss_of(self.run(), self.net.spec.loss_weights)
        if not self.forward_fault and loss.requires_grad:
            loss.backward()
        return self.forward_fault or self.backward_fault or "run again, its numbers are finite"

    def run_node(self, n: fx.Node) -> Any:
        made = super().run_node(n)
        if n.op == "call_module" and not self.forward_fault:
            layer = self.layers[str(n.target)]
            for top in made if isinstance(made, tuple) else (made,):
                if not _finite(top):
                    self.forward_fault = self._told(layer)
                elif top.requires_grad:
                    top.register_hook(lambda gradient, layer=layer: self._look(gradient, layer))
        return made

    def _told(self, layer: str) -> str:
        said = f"{layer} is the first layer whose output is not finite"
        weights = blobs(self.net).get(layer, [])
        return said if all(map(_finite, weights)) else f"{said}, as its weights are not"

    def _look(self, gradient: Tensor, layer: str) -> None:
        if not self.backward_fault and not _finite(gradient):
            said = f"the gradient of {layer}'s output is the first that is not finite"
            self.backward_fault = said


def _finite(values: Tensor) -> bool:
    return bool(values.detach().isfinite().all())


def _unfit_blob(net: Network) -> tuple[str, Tensor] | None:
    """The first parameter blob that is not finite, with its layer; all are looked at together."""
    found = [(name, b) for name, layer in blobs(net).items() for b in layer if b.numel()]
    if not found:
        return None
    largest = torch._foreach_norm([b.detach() for _, b in found], float("inf"))
    fit = torch.stack(largest).isfinite().tolist()
    return next((pair for pair, good in zip(found, fit) if not good), None)


def _diverged(solver: Solver, kept: str, what: str, cause: str) -> SpecError:
    message = f"training diverged: {what} is not a finite number at iteration {solver.iteration}"
    notes = [Note(cause)]
    if kept:
        notes.append(Note(f"the last good snapshot is {kept}"))
    place = solver.file.span("base_lr")
    return SpecError(Diagnostic("C216", message, place, ADVICE, tuple(notes)))
