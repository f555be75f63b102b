"""A training step in Caffe itself, for bench_train: what `caffe train` takes for it."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench_nets import Pair

if TYPE_CHECKING:
    import compiler

SOLVER = """\
net: "net.prototxt"  base_lr: 0.001  lr_policy: "fixed"  momentum: 0.9  weight_decay: 0.0005
max_iter: {count}  snapshot_after_train: false  solver_mode: CPU
"""
DATA = """\
layers:
  - DummyData:
      {{name: data, top: [data, label], shape: [{{dim: {data}}}, {{dim: {label}}}],
       data_filler: [{{value: 0.5}}, {{value: 0}}]}}
"""
Clock = Callable[[], float]


class Caffe:
    """A `caffe` binary and a net whose data are constants: neither side reads or draws any."""

    def __init__(self, binary: Path, folder: Path, pair: Pair, threads: int) -> None:
        self.binary, self.folder, self.threads = binary.resolve(), folder, threads
        (folder / "net.prototxt").write_text(_prototxt(pair))

    def solver(self) -> compiler.Solver:
        """Ours, for the same files."""
        import compiler

        return compiler.Solver(self._write(1), "cpu", channels_last=True)

    def seconds(self, steps: int) -> float:
        """Seconds of one step: what a run of so many more takes longer, divided by them."""
        return (self._run(1 + steps) - self._run(1)) / steps

    def _run(self, steps: int) -> float:
        counts = {name: str(self.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        words = [str(self.binary), "train", f"--solver={self._write(steps)}"]
        clock = clock_of(self.threads, resource.RUSAGE_CHILDREN)
        start = clock()
        done = subprocess.run(
            words, cwd=self.folder, env={**os.environ, **counts}, stderr=subprocess.PIPE, text=True
        )
        if done.returncode:
            raise SystemExit(f"{self.binary} ended with {done.returncode}:\n{done.stderr[-500:]}")
        return clock() - start

    def _write(self, steps: int) -> Path:
        path = self.folder / "solver.prototxt"
        path.write_text(SOLVER.format(count=steps))
        return path


def program(text: str) -> Path:
    """The file of a program, as an argument."""
    if not os.access(text, os.X_OK) or not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"{text} is no program")
    return Path(text)


@contextmanager
def caffe(binary: Path, pair: Pair, threads: int) -> Iterator[Caffe]:
    """A Caffe that works in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Caffe(binary, Path(folder), pair, threads)


def clock_of(threads: int, who: int = resource.RUSAGE_SELF) -> Clock:
    """Of one thread the seconds that it was given, since others may be at work; of more, time."""
    if threads > 1:
        return time.perf_counter

    def given() -> float:
        used = resource.getrusage(who)
        return used.ru_utime + used.ru_stime

    return given


def _prototxt(pair: Pair) -> str:
    from netspec.diagnostics import Report
    from netspec.source import Source
    from netspec.translate import prototxt_of

    blocks, layers, rest = pair.spec.partition("layers:\n  - conv: {name: conv1")
    data = DATA.format(data=list(pair.shape), label=list(pair.shape[:1]))
    text = blocks + data + layers.removeprefix("layers:\n") + rest
    return prototxt_of(Source("net.yaml", text), Report())
