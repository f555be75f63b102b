"""Start the processes of a training on this machine, and again where one ends (torch.elastic)."""

from __future__ import annotations

import logging
import os
import signal
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import torch
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, launch_agent

from compiler.distributed.join import LEFT_ALONE
from netspec.diagnostics import Diagnostic, SpecError

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
REFUSED = 1  # the exit code of a process that has said what is wrong


def launch(words: Sequence[str], processes: int, restarts: int = 0) -> int:
    """Run `python WORDS` in so many processes that find each other; returns the exit code.

    Where one ends without having said what is wrong, all are started again, up to `restarts` times.
    SIGINT, SIGTERM and SIGHUP are passed on. Raises SpecError C245 where that does not help.
    """
    for name in ("torch.distributed.elastic", "torch.distributed.launcher"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said below
    with _as_before():
        signal.signal(signal.SIGHUP, _pass_on)
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
        return _launch(words, processes, restarts)


@contextmanager
def _as_before() -> Iterator[None]:
    """Give back the handlers of signals and the environment, which torch.elastic sets for itself
    and its processes.
    """
    environment = dict(os.environ)
    handlers = {each: signal.getsignal(each) for each in HANDLED}
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
        os.environ.clear()
        os.environ.update(environment)


def _launch(words: Sequence[str], processes: int, restarts: int) -> int:
    for left in range(restarts, -1, -1):
        try:
            launch_agent(_config(processes), sys.executable, list(words))
        except ChildFailedError as failed:
            codes = {rank: failure.exitcode for rank, failure in failed.failures.items()}
            if REFUSED in codes.values():
                return REFUSED
            if not left:
                raise SpecError(_lost(codes)) from None
            print(f"{_ended(codes)}: all are started again", file=sys.stderr, flush=True)
        except SignalException as asked:
            return 0 if asked.sigval in (signal.SIGINT, signal.SIGTERM) else 1
        else:
            break
    return 0


def _pass_on(number: int, frame: FrameType | None) -> None:
    """Give a signal to the processes that were started; torch.elastic would end them by SIGHUP."""
    for thread in Path("/proc/self/task").iterdir():
        for child in (thread / "children").read_text().split():
            os.kill(int(child), number)


def _config(processes: int) -> LaunchConfig:
    return LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",  # any port that is free
        max_restarts=0,  # it would start those again, too, that have been refused
        monitor_interval=0.1,
        signals_to_handle="SIGTERM,SIGINT,SIGQUIT",
    )


def _ended(codes: Mapping[int, int]) -> str:
    """Which process ended first, and how: a negative code is a signal."""
    rank = next((r for r, code in codes.items() if code != LEFT_ALONE), min(codes))
    code = codes[rank]
    names = {-each.value: each.name for each in signal.Signals}
    how = f"was ended by {names.get(code, f'signal {-code}')}" if code < 0 else f"ended with {code}"
    return f"process {rank} of this training {how}"


def _lost(codes: Mapping[int, int]) -> Diagnostic:
    help = "--max-restarts N goes on from the last snapshot where a process ends"
    if -getattr(signal, "SIGKILL", 0) in codes.values():
        help = f"SIGKILL is often the memory: lower batch_size. {help}"
    return Diagnostic("C245", f"{_ended(codes)}; the others were ended", None, help)


def visible_gpus(asked: str) -> int:
    """Let the processes see the GPUs that `all` or `0,2` names only; returns how many.

    Raises SpecError C214 for GPUs that are not there.
    """
    count = torch.cuda.device_count()
    wanted = list(range(count)) if asked == "all" else [int(each) for each in asked.split(",")]
    missing = [str(each) for each in wanted if not 0 <= each < count]
    if missing or not wanted:
        some = f"GPU {missing[0]}" if missing else "GPU"
        message = f"there is no {some} here that PyTorch can use, of {count}"
        help = "--processes N trains on the CPU; `netspec devices` lists what is here"
        raise SpecError(Diagnostic("C214", message, None, help))
    if asked != "all":
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        names = seen if len(seen) == count else [str(each) for each in range(count)]
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(names[each] for each in wanted)
    return len(wanted)
