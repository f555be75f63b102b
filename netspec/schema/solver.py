"""A solver file's settings, with Caffe's names and defaults (SolverParameter in caffe.proto)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from netspec.diagnostics import nearest
from netspec.language.tree import Kind, Message, Scalar, describe
from netspec.schema.fork_fields import ForkSolverFields
from netspec.schema.forks import TSN
from netspec.schema.kinds import Bool, Float, Int, Int64, Mismatch, One, Text
from netspec.schema.net import Phase
from netspec.schema.settings import Reject, Settings, param
from netspec.schema.solver_beyond import BeyondCaffe
from netspec.schema.solver_rules import faults
from netspec.source import Span

Count = Int(0)
OnePlus = Int(1)


class SnapshotFormat(Enum):
    HDF5 = 0
    BINARYPROTO = 1


class SolverMode(Enum):
    CPU = 0
    GPU = 1


class InlineNet:
    """A whole net, written inside the solver file."""

    scalar = Kind.WORD

    def read(self, value: Scalar | Message) -> Message:
        if isinstance(value, Message):
            return value
        raise Mismatch(
            "N204", f"expected a net, found {describe(value)}", "write { layer { ... } }"
        )

    def write(self, value: Message, span: Span) -> Any:
        return value

    def describe(self) -> str:
        return "a net, as in a file of its own"


class StateChange(Settings):
    """What a solver says of a net's state; what it does not say stays as the net has it."""

    phase: Phase | None = param(One(Phase), "TRAIN or TEST", default=None)
    level: int | None = param(
        Int(), "compared with min_level and max_level of the rules", default=None
    )
    stage: tuple[str, ...] = param(
        Text(), "named with stage and not_stage in the rules", default=(), many=True
    )


class SolverParameter(BeyondCaffe, ForkSolverFields):
    """How a net is trained, tested and kept; None is not written and without a default."""

    noun, member = "a solver", "setting"

    net: str | None = param(Text(), "the file of the train net and of test nets", default=None)
    net_param: Message | None = param(InlineNet(), "the same, written here", default=None)
    train_net: str | None = param(Text(), "the file of the train net", default=None)
    train_net_param: Message | None = param(
        InlineNet(), "the train net, written here", default=None
    )
    test_net: tuple[str, ...] = param(Text(), "the file of a test net", many=True)
    test_net_param: tuple[Message, ...] = param(InlineNet(), "a test net, written here", many=True)
    train_state: StateChange = param(
        StateChange, "changes the train net's state", default=StateChange()
    )
    test_state: tuple[StateChange, ...] = param(
        StateChange, "one for each test net, or none", many=True
    )

    test_iter: tuple[int, ...] = param(
        Count, "how many batches a test takes, one for each test net", many=True
    )
    test_interval: int = param(Count, "test every so many iterations; 0 is never", default=0)
    test_compute_loss: bool = param(Bool(), "also average the loss of the test net", default=False)
    test_initialization: bool = param(Bool(), "test before the first iteration", default=True)

    type: str = param(Text(), "SGD, Nesterov, AdaGrad, RMSProp, AdaDelta or Adam", default="SGD")
    base_lr: float | None = param(
        Float(), "the learning rate that the policy starts from", default=None
    )
    lr_policy: str = param(
        Text(),
        "fixed, step, exp, inv, multistep, poly or sigmoid; here also cosine and plateau",
        default="",
    )
    gamma: float | None = param(Float(), "the policy's factor", default=None)
    power: float | None = param(Float(), "the policy's power", default=None)
    stepsize: int | None = param(
        Int(), "the policy's length of a step, in iterations", default=None
    )
    stepvalue: tuple[int, ...] = param(
        Count, "an iteration at which multistep lowers the rate", many=True
    )
    max_iter: int | None = param(Count, "how many iterations to train", default=None)
    iter_size: int = param(OnePlus, "batches whose gradients make one update", default=1)
    momentum: float = param(
        Float(), "how much of the last update is kept; Adam's beta1, AdaDelta's rho", default=0.0
    )
    momentum2: float = param(Float(), "Adam's beta2", default=0.999)
    rms_decay: float = param(Float(), "RMSProp: how much of the mean square is kept", default=0.99)
    delta: float = param(
        Float(), "keeps AdaGrad, RMSProp, AdaDelta and Adam from dividing by zero", default=1e-8
    )
    weight_decay: float = param(Float(), "how strongly parameters are pulled to zero", default=0.0)
    regularization_type: str = param(Text(), "L2 or L1", default="L2")
    clip_gradients: float = param(
        Float(), "the largest L2 norm of all gradients together; -1 is any", default=-1.0
    )
    random_seed: int = param(Int64, "makes runs repeat; -1 draws a seed", default=-1)
    weights: tuple[str, ...] = param(
        Text(), "weights to start from, commas between files", many=True
    )

    display: int = param(Count, "print the loss every so many iterations; 0 is never", default=0)
    average_loss: int = param(OnePlus, "the loss that is printed is the mean of so many", default=1)
    debug_info: bool = param(
        Bool(), "print the means of blobs and gradients with each display", default=False
    )

    snapshot: int = param(
        Count, "write a snapshot every so many iterations; 0 is only at the end", default=0
    )
    snapshot_prefix: str | None = param(
        Text(),
        "what the snapshots' names begin with; the solver file's own name when not written",
        default=None,
    )
    snapshot_format: SnapshotFormat = param(
        One(SnapshotFormat), "of weights and solver state", default=SnapshotFormat.BINARYPROTO
    )
    snapshot_diff: bool = param(
        Bool(), "also write the last update of each parameter", default=False
    )
    snapshot_after_train: bool = param(Bool(), "write a snapshot at the end", default=True)

    solver_mode: SolverMode = param(
        One(SolverMode), "GPU where there is one, or CPU", default=SolverMode.GPU
    )
    device_id: int = param(Count, "which GPU", default=0, several=TSN)
    layer_wise_reduce: bool = param(
        Bool(), "send gradients to the other processes while more are computed", default=True
    )

    def check(self) -> Iterable[Reject]:
        return faults(self)

    @classmethod
    def propose(cls, name: str) -> str:
        return (
            nearest(name, cls.by_field) or "a solver of BVLC's Caffe has no such setting: remove it"
        )
