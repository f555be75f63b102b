"""Memory that does not do for a batch, as a diagnostic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from netspec.diagnostics import Diagnostic, SpecError

CPU_IS_FULL = "can't allocate memory"  # torch has a type of its own for a GPU's memory only


@contextmanager
def in_memory(net: str) -> Iterator[None]:
    """Raise SpecError C217 where a batch of the net takes more memory than there is."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        on_gpu = isinstance(error, torch.OutOfMemoryError)
        if isinstance(error, RuntimeError) and not on_gpu and CPU_IS_FULL not in str(error):
            raise
        place = "the GPU" if on_gpu else "this machine"
        message = f"the memory of {place} is too small for a batch of the net {net}".rstrip()
        help = "lower batch_size; in training, iter_size can make up for it"
        raise SpecError(Diagnostic("C217", message, None, help)) from None
