"""A solver file's settings, with Caffe's names and defaults (SolverParameter in caffe.proto)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import ClassVar

from netspec.diagnostics import nearest
from netspec.language.tree import Kind, Message, Scalar, describe
from netspec.schema.kinds import Bool, Float, Int, Int64, Mismatch, One, Text
from netspec.schema.net import Phase
from netspec.schema.settings import Reject, Settings, param
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

    def write(self, value: Message, span: Span) -> Scalar:
        raise NotImplementedError("a solver file is read, not written")

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


class SolverParameter(Settings):
    """How a net is trained, tested and kept; None is not written and without a default."""

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
    lr_policy: str = param(Text(), "fixed, step, exp, inv, multistep, poly or sigmoid", default="")
    gamma: float | None = param(Float(), "the policy's factor", default=None)
    power: float | None = param(Float(), "the policy's power", default=None)
    stepsize: int | None = param(
        Int(), "the policy's length of a step, in iterations", default=None
    )
    stepvalue: tuple[int, ...] = param(
        Count, "multistep: an iteration at which the rate falls", many=True
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
        Bool(),
        "print the means of blobs and gradients",
        default=False,
        unused="the log has losses and outputs only",
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
    device_id: int = param(Count, "which GPU", default=0)
    layer_wise_reduce: bool = param(
        Bool(), "overlap computing and sending", default=True, unused="one process trains the net"
    )

    NETS: ClassVar = ("net", "net_param", "train_net", "train_net_param")
    TYPES: ClassVar = ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam")
    POLICIES: ClassVar[dict[str, tuple[str, ...]]] = {  # and the settings that each reads
        "fixed": (),
        "step": ("gamma", "stepsize"),
        "exp": ("gamma",),
        "inv": ("gamma", "power"),
        "multistep": ("gamma", "stepvalue"),
        "poly": ("power", "max_iter"),
        "sigmoid": ("gamma", "stepsize"),
    }

    DECAYS: ClassVar = {
        "RMSProp": ("rms_decay",),
        "AdaDelta": ("momentum",),
        "Adam": ("momentum", "momentum2"),
    }

    def check(self) -> Iterable[Reject]:
        yield from self._check_nets()
        yield from self._check_rate()
        yield from self._check_names()
        if self.type in ("AdaGrad", "RMSProp") and self.momentum:
            message = f"{self.type} has no momentum"
            yield Reject(
                "C204",
                "momentum",
                message,
                f"remove momentum, or use another type than {self.type}",
            )
        for name in self.DECAYS.get(self.type, ()):
            if not 0 <= getattr(self, name) < 1:
                message = f"{name} is {getattr(self, name):g}"
                yield Reject("C205", name, message, "give a number from 0 to below 1")

    def _check_nets(self) -> Iterable[Reject]:
        """The counts of Solver::InitTrainNet and InitTestNets."""
        given = [name for name in self.NETS if getattr(self, name) is not None]
        if not given:
            yield Reject(
                "C201",
                "net",
                "the solver names no net to train",
                'add net: "..." with the net\'s file',
            )
        for extra in given[1:]:
            yield Reject(
                "C201",
                extra,
                f"{extra} is given together with {given[0]}",
                "one net is trained: keep one",
            )
        own = len(self.test_net) + len(self.test_net_param)
        generic = self.net is not None or self.net_param is not None
        tests = len(self.test_iter)
        if tests < own or (tests > own and not generic):
            message = f"test_iter is given {tests} times for {own} test nets"
            yield Reject("C206", "test_iter", message, "give one test_iter for each test net")
        elif self.test_state and len(self.test_state) != tests:
            message = f"test_state is given {len(self.test_state)} times for {tests} test nets"
            yield Reject(
                "C206", "test_state", message, "give one test_state for each test net, or none"
            )
        if tests and not self.test_interval:
            message = "there are test nets, but no test_interval"
            yield Reject(
                "C206",
                "test_iter",
                message,
                "add test_interval: the iterations from one test to the next",
            )

    def _check_rate(self) -> Iterable[Reject]:
        if self.base_lr is None:
            yield Reject("C202", "base_lr", "base_lr is missing", "add base_lr: 0.01, for example")
        if self.lr_policy not in self.POLICIES:
            found = (
                f"there is no lr_policy {self.lr_policy}"
                if self.lr_policy
                else "lr_policy is missing"
            )
            help = (
                nearest(self.lr_policy, self.POLICIES)
                or f"the policies are {', '.join(self.POLICIES)}"
            )
            yield Reject("C203" if self.lr_policy else "C202", "lr_policy", found, help)
            return
        for name in self.POLICIES[self.lr_policy]:
            if getattr(self, name) in (None, ()):
                message = f"lr_policy {self.lr_policy} needs {name}, which is missing"
                code = (
                    "C202" if name in ("stepsize", "max_iter") else "N580"
                )  # the others count as 0
                doc = self.settings[name].doc.removeprefix("multistep: ")
                yield Reject(code, "lr_policy", message, f"add {name}: {doc}")
        if self.gamma is not None and self.gamma < 0:
            yield Reject("C205", "gamma", f"gamma is {self.gamma:g}", "give 0 or more")
        if (
            self.stepsize is not None
            and self.stepsize <= 0
            and "stepsize" in self.POLICIES[self.lr_policy]
        ):
            yield Reject("C205", "stepsize", f"stepsize is {self.stepsize}", "give 1 or more")
        if self.lr_policy == "poly" and self.max_iter == 0:
            yield Reject(
                "C205",
                "max_iter",
                "max_iter is 0, and lr_policy poly divides by it",
                "give 1 or more",
            )

    def _check_names(self) -> Iterable[Reject]:
        for name, known in (("type", self.TYPES), ("regularization_type", ("L1", "L2"))):
            found = getattr(self, name)
            if found not in known:
                help = nearest(found, known) or f"expected {', '.join(known)}"
                yield Reject("C203", name, f"there is no {name} {found}", help)

    @classmethod
    def propose(cls, name: str) -> str:
        return (
            nearest(name, cls.by_field) or "a solver of BVLC's Caffe has no such setting: remove it"
        )
