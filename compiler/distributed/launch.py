"""Start the processes of a training on this machine, and anew where one ends (torch.elastic)."""

from __future__ import annotations

import logging
import os
import signal
import sys
import uuid
from collections.abc import Sequence

import torch
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, launch_agent

from netspec.diagnostics import Diagnostic, SpecError

REFUSED = 1  # the exit code of a process that has said what is wrong


def launch(words: Sequence[str], processes: int, restarts: int = 0) -> int:
    """Run `python WORDS` in so many processes that find each other; returns the exit code.

    Where one ends with an error the others are ended, and all are started again up to `restarts`
    times. SIGINT and SIGTERM are passed on. Raises SpecError C245 where one ended without a word.
    """
    for name in ("torch.distributed.elastic", "torch.distributed.launcher"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said below
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",  # any port that is free
        max_restarts=restarts,
        monitor_interval=0.1,
    )
    try:
        launch_agent(config, sys.executable, list(words))
    except ChildFailedError as failed:
        rank, failure = failed.get_first_failure()
        if failure.exitcode == REFUSED:
            return REFUSED
        raise SpecError(_lost(rank, failure.exitcode, restarts)) from None
    except SignalException as asked:
        return 0 if asked.sigval in (signal.SIGINT, signal.SIGTERM) else 1
    return 0


def _lost(rank: int, code: int, restarts: int) -> Diagnostic:
    """What to say of a process that ended by a signal (a negative code), or with a traceback."""
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    again = f", after {restarts} restarts" if restarts else ""
    message = f"process {rank} of this training {how}{again}; the others were ended"
    help = "--max-restarts N goes on from the last snapshot where a process ends"
    if -code == getattr(signal, "SIGKILL", None):
        help = f"SIGKILL is often the memory: lower batch_size. {help}"
    return Diagnostic("C245", message, None, help)


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
