"""How much memory tensors hold while something runs: every storage from its making to its end."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveMemory(TorchDispatchMode):
    """The bytes of all storages that operations make, beside those that are `held` from the start.

    It counts what is allocated on the meta device, too, where nothing is.
    """

    def __init__(self, held: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._sizes: dict[int, int] = {}
        for tensor in held:
            self._note(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor):
                self._note(leaf)
        return made

    def _note(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._sizes:
            self._sizes[storage._cdata] = storage.nbytes()
            self.live += storage.nbytes()
            self.peak = max(self.peak, self.live)
            weakref.finalize(storage, self._end, storage._cdata)

    def _end(self, key: int) -> None:
        self.live -= self._sizes.pop(key)


def allocated(run: Any) -> int:
    """The most that PyTorch's CPU allocator had given out at a time while `run` was called."""
    with torch.profiler.profile(profile_memory=True, activities=[ACTIVITY]) as profile:
        run()
    events = profile.profiler.kineto_results.events()
    live = peak = 0
    for event in events:
        if event.name() == "[memory]":
            live += event.nbytes()
            peak = max(peak, live)
    return peak


ACTIVITY = torch.profiler.ProfilerActivity.CPU
