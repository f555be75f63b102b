"""Fields that forks added beside those of every layer and of the net: read, and without effect.

They choose precision, devices and how work is spread over machines.
"""

from __future__ import annotations

from enum import Enum

from netspec.schema.forks import CAFFE_ON_SPARK, INTEL, NVIDIA
from netspec.schema.kinds import Bool, Float, Int, One, Text
from netspec.schema.settings import Settings, param

FULL = "everything is computed in 32 bits"
SPEED = "it changes the speed, not the result"
FED = "the caller feeds the data"


class Type(Enum):
    DOUBLE = 0
    FLOAT = 1
    FLOAT16 = 2
    INT = 3
    UINT = 4
    BOOL = 5


def _precision(of: str) -> Type:
    return param(One(Type), f"the precision of {of}", default=Type.FLOAT, unused=FULL, fork=NVIDIA)


class ForkLayerFields(Settings):
    """What forks let every layer say."""

    forward_type: Type = _precision("what it makes")
    backward_type: Type = _precision("its gradients")
    forward_math: Type = _precision("its sums")
    backward_math: Type = _precision("the sums of its gradients")
    cudnn_math_override: int = param(
        Int(), "how cuDNN computes", default=-1, unused=SPEED, fork=NVIDIA
    )
    debug: bool = param(Bool(), "check its numbers", default=False, unused="it prints", fork=NVIDIA)
    engine: str = param(Text(), "who computes", default="", unused=SPEED, fork=INTEL)
    source_class: str = param(
        Text(), "the class that reads data", default="", unused=FED, fork=CAFFE_ON_SPARK
    )


class ForkNetFields(Settings):
    """What forks let a net say."""

    default_forward_type: Type = _precision("what layers make")
    default_backward_type: Type = _precision("gradients")
    default_forward_math: Type = _precision("sums")
    default_backward_math: Type = _precision("the sums of gradients")
    global_grad_scale: float = param(
        Float(), "multiplies gradients while they pass", default=1.0, unused=FULL, fork=NVIDIA
    )
    global_grad_scale_adaptive: bool = param(
        Bool(), "choose that factor", default=False, unused=FULL, fork=NVIDIA
    )
    default_conv_algos_override: str = param(
        Text(), "cuDNN's algorithms", default="-1,-1,-1", unused=SPEED, fork=NVIDIA
    )
    default_cudnn_math_override: int = param(
        Int(), "how cuDNN computes", default=-1, unused=SPEED, fork=NVIDIA
    )
    reduce_buckets: int = param(
        Int(), "how gradients are summed up", default=6, unused=SPEED, fork=NVIDIA
    )
    eltwise_mem_sharing: bool = param(
        Bool(), "share memory", default=True, unused=SPEED, fork=NVIDIA
    )
    engine: str = param(Text(), "who computes", default="", unused=SPEED, fork=INTEL)
