"""The `engine` setting that many of Caffe's layers have."""

from __future__ import annotations

from enum import Enum
from typing import Any

from netspec.schema.kinds import One
from netspec.schema.settings import param


class Engine(Enum):
    DEFAULT = 0
    CAFFE = 1
    CUDNN = 2


def engine() -> Any:
    """Declare the choice of implementation: read for the file's sake, decided by PyTorch."""
    return param(
        One(Engine),
        "Caffe's choice of implementation",
        default=Engine.DEFAULT,
        unused="PyTorch chooses the implementation; all compute the same",
    )
