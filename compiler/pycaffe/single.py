"""What pycaffe says of itself: its layer types, and that there is one solver in the process.

`torchrun` and `netspec train` train on several GPUs; Caffe's NCCL interface is not here.
"""

from __future__ import annotations

from netspec.layers import LAYERS


def layer_type_list() -> list[str]:
    """The layer types that there are."""
    return sorted(LAYERS)


def has_nccl() -> bool:
    """Whether NCCL can be used: not from here."""
    return False


class NCCL:
    """There as in a Caffe that was built without NCCL: it can be named, and not be made."""

    def __init__(self, *_: object) -> None:
        _only(False)


def solver_count() -> int:
    return 1


def solver_rank() -> int:
    return 0


def set_solver_count(count: int) -> None:
    """Accept one solver. Raises NotImplementedError for several."""
    _only(count == 1)


def set_solver_rank(rank: int) -> None:
    """Accept the first. Raises NotImplementedError for another."""
    _only(rank == 0)


def set_multiprocess(several: bool) -> None:
    """Accept one process. Raises NotImplementedError for several."""
    _only(not several)


def _only(alone: bool) -> None:
    if not alone:
        raise NotImplementedError("several solvers are what `netspec train` under torchrun is for")
