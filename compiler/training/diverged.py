"""Training that diverged: seen early, and told with the layer in which it began."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx

from compiler.network import Network, blobs
from compiler.training.besides import sources
from netspec.diagnostics import Diagnostic, Note, SpecError

if TYPE_CHECKING:
    from compiler.training.solver import Solver

SATURATED = -math.log(torch.finfo(torch.float32).tiny)  # 87.3365
ADVICE = "lower base_lr, or bound the gradients with clip_gradients"


def require_finite_loss(solver: Solver) -> None:
    """Raise SpecError C216 once a loss was infinite or not a number; makes a GPU wait."""
    if not solver.losses.all_finite():
        raise _diverged(solver, "the loss", first_fault(solver.net))


def require_finite_weights(solver: Solver) -> None:
    """The same of the parameters and statistics."""
    found = [(name, b) for name, layer in blobs(solver.net).items() for b in layer]
    if layer := _unfit(found):
        cause = f"{layer} is the first layer whose weights are not finite"
        gradients = [(name, b.grad) for name, b in reversed(found) if b.grad is not None]
        if unfit := _unfit(gradients):  # the one next to the loss, where gradients come from
            cause = f"on the way back, {unfit} is the first layer whose gradient is not finite"
        raise _diverged(solver, "a weight", cause)


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
    """In which layer the numbers of the batch before stop being finite, as a sentence.

    The batch is run once more, layer by layer.
    """
    for source in sources(net).values():
        source.skip(-min(1, source.position))
    watched = _Watched(net)
    with torch.no_grad():
        watched.run()
    return watched.fault or "run once more, the numbers of the batch are finite"


class _Watched(fx.Interpreter):
    """Runs a net, and notes the first layer whose output is not finite."""

    def __init__(self, net: Network) -> None:
        super().__init__(net)
        self.net, self.fault = net, ""
        self.layers = {module: layer for layer, module in net.modules_of.items()}

    def run_node(self, n: fx.Node) -> Any:
        made = super().run_node(n)
        if n.op == "call_module" and not self.fault:
            layer = self.layers[str(n.target)]
            if not all(map(_finite, made if isinstance(made, tuple) else (made,))):
                self.fault = f"{layer} is the first layer whose output is not finite"
                if not all(map(_finite, blobs(self.net).get(layer, []))):
                    self.fault += ", as its weights are not"
        return made


def _finite(values: Tensor) -> bool:
    return bool(values.detach().isfinite().all())


def _unfit(found: Iterable[tuple[str, Tensor]]) -> str | None:
    """The first of these layers that has a number that is not finite; all are seen at once."""
    some = [(layer, values.detach()) for layer, values in found if values.numel()]
    if not some:
        return None
    largest = torch._foreach_norm([values for _, values in some], float("inf"))
    fit = torch.stack(largest).isfinite().tolist()
    return next((layer for (layer, _), good in zip(some, fit) if not good), None)


def _diverged(solver: Solver, what: str, cause: str) -> SpecError:
    message = f"training diverged: {what} is not a finite number at iteration {solver.iteration}"
    place = solver.file.span("base_lr")
    notes = (Note(cause), *last_good(solver))
    return solver.group.alike(SpecError(Diagnostic("C216", message, place, ADVICE, notes)))


def last_good(solver: Solver) -> tuple[Note, ...]:
    """Where training can go on from, as a note; nothing where there is no snapshot yet."""
    return (Note(f"the last good snapshot is {solver.kept_in}"),) if solver.kept_in else ()
