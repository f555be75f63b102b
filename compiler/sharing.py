"""Parameters that several layers share are one tensor; each layer sees it in its own shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from netspec.schema.layer import Shape


def share(module: nn.Module, role: str, shape: Shape, owner: nn.Module, theirs: str) -> None:
    """Put the owner's parameter in place of `role`, or a view of it where only the counts agree."""
    parameter = getattr(owner, theirs)
    if parameter.shape == shape:
        setattr(module, role, parameter)
        return
    del module._parameters[role]
    view = View((owner,), theirs, role, shape)
    module.register_forward_pre_hook(view.enter)
    module.register_forward_hook(view.leave, always_call=True)


@dataclass
class View:
    """Lends a module another's parameter, in a shape of its own, for the time of a forward pass."""

    owner: tuple[nn.Module]  # in a tuple, so that it does not become a submodule
    theirs: str
    mine: str
    shape: Shape

    def enter(self, module: nn.Module, args: Any) -> None:
        module.__dict__[self.mine] = getattr(self.owner[0], self.theirs).view(self.shape)

    def leave(self, module: nn.Module, args: Any, top: Any) -> None:
        module.__dict__.pop(self.mine, None)
