"""Find the other processes, which torchrun, Slurm or `netspec train --gpus` started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist

from compiler.distributed.group import ALONE, Group
from netspec.diagnostics import Diagnostic, SpecError

WAIT = timedelta(minutes=10)  # for the others to come, and for what they send
TORCHRUN = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
SLURM = ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID")  # which srun sets
MEETING = ("MASTER_ADDR", "MASTER_PORT")
LEFT_ALONE = 75  # the exit code where another process is gone; sysexits.h: try again
LOST = ("gloo", "NCCL", "ProcessGroup", "Connection", "socket")  # of what torch says then


@contextmanager
def joined(device: str | None = None, wait: timedelta = WAIT) -> Iterator[Group]:
    """The group that the environment tells of, as torchrun sets it, or ALONE where it tells none.

    `device` is what is asked for, as of Solver. Raises SpecError: C245 another process is lost
    while the block runs, C248 GPUs that cannot send, C249 the others are not found.
    """
    group = from_environment()
    if group.world == 1:
        yield ALONE
        return
    backend = choose_backend(device, torch.cuda.is_available(), dist.is_nccl_available())
    if "nccl" in backend:
        torch.cuda.set_device(group.local % torch.cuda.device_count())
    try:
        store = _meet(group, wait)
        dist.init_process_group(
            backend, store=store, rank=group.rank, world_size=group.world, timeout=wait
        )
    except (RuntimeError, ValueError) as error:
        raise SpecError(_not_found(group, error)) from None
    with _diagnosing():
        yield group
    dist.destroy_process_group()


def choose_backend(device: str | None, cuda: bool, nccl: bool) -> str:
    """Gloo for the CPU and NCCL for GPUs. Raises SpecError C248 for GPUs without NCCL."""
    on_gpu = cuda and (device is None or device.startswith("cuda"))
    if on_gpu and not nccl:
        message = "the GPUs have no way to average gradients: this PyTorch was built without NCCL"
        help = "install PyTorch for Linux with CUDA, or train on one GPU"
        raise SpecError(Diagnostic("C248", message, None, help))
    return "cpu:gloo,cuda:nccl" if on_gpu else "gloo"


def require_resume(resume: str | None) -> None:
    """Raise SpecError C250 where torchrun has started the processes anew, and they would begin."""
    if _restarts() and resume != "auto":
        message = "a process of this training ended, and the restarted ones would begin anew"
        help = "start it with --resume auto, which also begins where there is no snapshot yet"
        raise SpecError(Diagnostic("C250", message, None, help))


def _restarts() -> int:
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0))


def from_environment() -> Group:
    """The group that torchrun or Slurm tells of, or ALONE. Raises SpecError C249 where they tell a
    part of it.
    """
    names = TORCHRUN if "RANK" in os.environ else SLURM
    said = {name: os.environ.get(name, "") for name in (*names, *MEETING)}
    if said[names[1]] in ("", "1"):
        return ALONE
    lacking = [name for name, value in said.items() if not value.isdigit()]
    if said["MASTER_ADDR"]:
        lacking.remove("MASTER_ADDR")
    if lacking:
        message = f"the environment tells of several processes, but not of {', '.join(lacking)}"
        help = "start them with torchrun, or on one machine with `netspec train --gpus all`"
        raise SpecError(Diagnostic("C249", message, None, help))
    return Group(*(int(said[name]) for name in names))


def _meet(group: Group, wait: timedelta) -> dist.Store:
    """Wait until all are there; what they tell each other has its place in the store.

    torchrun keeps one store for all its restarts: what those before have left there is another's.
    """
    store, _, _ = next(dist.rendezvous("env://", group.rank, group.world, timeout=wait))
    store = dist.PrefixStore(f"attempt {_restarts()} of {group.world}", store)
    store.set(str(group.rank), "here")
    store.wait([str(rank) for rank in range(group.world)], wait)
    return store


def _not_found(group: Group, error: Exception) -> Diagnostic:
    place = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "EADDRINUSE" in str(error) or "address already in use" in str(error).lower():
        message = f"another program uses {place}, where the processes are to meet"
        help = "give another port: MASTER_PORT, or --master-port of torchrun"
        return Diagnostic("C249", message, None, help)
    message = f"process {group.rank} of {group.world} did not meet the others at {place}: {reason}"
    help = "start them all, with the same address and port, which no firewall may close"
    return Diagnostic("C249", message, None, help)


@contextmanager
def _diagnosing() -> Iterator[None]:
    """Say that another process is gone; where something watches over all, that says it."""
    try:
        yield
    except RuntimeError as error:  # torch has types of its own for some of them only
        reason = str(error).splitlines()[0] if str(error) else ""
        if not isinstance(error, dist.DistError) and not any(word in reason for word in LOST):
            raise
        if "TORCHELASTIC_RUN_ID" in os.environ:  # which tells the process that ended first
            raise SystemExit(LEFT_ALONE) from None
        message = f"another process of this training is gone: {reason}"
        help = "its own output says why; `torchrun --max-restarts` starts all anew"
        raise SpecError(Diagnostic("C245", message, None, help)) from None
