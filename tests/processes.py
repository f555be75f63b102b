"""A function run by several processes that find each other, as torchrun would start them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
from collections.abc import Callable
from typing import Any

from compiler.distributed import joined

SECONDS = 60


def run(world: int, task: Callable[..., Any], *args: Any) -> list[Any]:
    """What `task(group, *args)` returns in each process, or the exception that it raises."""
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    context = multiprocessing.get_context("fork")  # torch is loaded already
    pipes, workers = [], []
    for rank in range(world):
        ours, theirs = context.Pipe(duplex=False)
        env = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world}
        env |= {"MASTER_ADDR": "localhost", "MASTER_PORT": port}
        worker = context.Process(target=_work, args=(env, theirs, task, args), daemon=True)
        worker.start()
        theirs.close()
        pipes.append(ours)
        workers.append(worker)
    try:
        return [_received(pipe) for pipe in pipes]
    finally:
        for worker in workers:
            worker.kill()
            worker.join()


def _work(env: dict[str, Any], pipe: Any, task: Callable[..., Any], args: Any) -> None:
    os.environ.update({name: str(value) for name, value in env.items()})
    try:
        with joined(device="cpu") as group:
            done = task(group, *args)
        pipe.send_bytes(pickle.dumps(done))
    except BaseException as error:
        pipe.send_bytes(pickle.dumps(error))


def _received(pipe: Any) -> Any:
    if not pipe.poll(SECONDS):
        return TimeoutError(f"nothing came within {SECONDS} s")
    try:
        return pickle.loads(pipe.recv_bytes())
    except EOFError as error:
        return error
