"""Time a forward pass against Caffe itself, side by side, in TEST.

    python -m tools.bench_forward --caffe /opt/caffe/build/tools/caffe SPEC ... [--batch N]

A pair is so many passes of each, in turns, so that a slow moment of the machine strikes both; the
medians of the pairs are printed, and the median of the ratios: 1.00 is as fast as Caffe, 0.50 takes
half the time. Caffe's are what `caffe test` with so many more passes takes longer, with the same
weights. Both have the threads that PyTorch has (OMP_NUM_THREADS). Without --caffe, ours alone is
timed.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench_caffe import clock_of

if TYPE_CHECKING:
    from netspec.graph import Graph

WARM = 2


def main(words: list[str] | None = None) -> None:
    """Time what the words ask for, and print it."""
    parser = argparse.ArgumentParser(prog="bench_forward")
    parser.add_argument("specs", nargs="+", type=Path, metavar="SPEC")
    help = "a binary of BVLC's Caffe to be timed against, on the CPU"
    parser.add_argument("--caffe", type=Path, metavar="PATH", help=help)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--passes", type=int, default=10, help="of a pair, on each side")
    options = parser.parse_args(words)
    print(f"{'':<24}  {'ours':>10}  {'Caffe':>10}  ratio")
    for spec in options.specs:
        mine, theirs = _pairs(spec, options)
        line = f"{spec.stem:<24}  {statistics.median(mine):7.2f} ms"
        if theirs:
            ratio = statistics.median(a / b for a, b in zip(mine, theirs))
            line += f"  {statistics.median(theirs):7.2f} ms  {ratio:5.2f}"
        print(line, flush=True)


def _pairs(spec: Path, options: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Milliseconds of a pass, ours and Caffe's, pair by pair."""
    import torch

    import compiler

    graph = _graph(spec, options.batch)
    threads, passes = torch.get_num_threads(), options.passes
    clock = clock_of(threads)
    net = compiler.compile(graph)
    inputs = {name: torch.rand(shape) for name, shape in graph.inputs.items()}
    mine, theirs = [], []
    with torch.inference_mode(), tempfile.TemporaryDirectory() as folder:
        Path(folder, "net.prototxt").write_text(_prototxt(spec, graph))
        compiler.save_weights(net, Path(folder, "net.caffemodel"))
        for _ in range(WARM):
            net(**inputs)
        for _ in range(options.pairs):
            start = clock()
            for _ in range(passes):
                net(**inputs)
            mine.append(1e3 * (clock() - start) / passes)
            if options.caffe is not None:
                caffe = options.caffe.resolve()
                longer = _run(caffe, folder, 1 + passes, threads) - _run(caffe, folder, 1, threads)
                theirs.append(1e3 * longer / passes)
    return mine, theirs


def _graph(spec: Path, batch: int) -> Graph:
    """The net in TEST with that batch."""
    import netspec

    shapes = netspec.load(spec).inputs
    return netspec.load(spec, shapes={n: (batch, *shape[1:]) for n, shape in shapes.items()})


def _prototxt(spec: Path, graph: Graph) -> str:
    """The same net in Caffe's own language."""
    from netspec.diagnostics import Report
    from netspec.source import Source
    from netspec.translate import prototxt_of

    text = prototxt_of(Source(str(spec), spec.read_text(encoding="utf-8")), Report())
    first = next(iter(graph.inputs.values()))
    return re.sub(r"dim: *\[?\s*\d+", lambda found: _dim(found[0], first[0]), text, count=1)


def _dim(written: str, batch: int) -> str:
    return re.sub(r"\d+$", str(batch), written)


def _run(binary: Path, folder: str, passes: int, threads: int) -> float:
    """Seconds that `caffe test` takes."""
    counts = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    counts["GLOG_minloglevel"] = "2"  # it prints every output otherwise
    files = ["--model=net.prototxt", "--weights=net.caffemodel"]
    words = [str(binary), "test", *files, f"--iterations={passes}"]
    clock = clock_of(threads, resource.RUSAGE_CHILDREN)
    start = clock()
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, **counts}, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise SystemExit(f"{binary} ended with {done.returncode}:\n{done.stderr[-500:]}")
    return clock() - start


if __name__ == "__main__":
    main()
