"""Time a training step against the plain PyTorch loop that a user would write, side by side.

    python -m tools.bench_train [lenet|cifar|resnet-50 ...] [--pairs N] [--device cuda]
    python -m tools.bench_train --caffe /opt/caffe/build/tools/caffe --pairs 5

Both nets take the same batch. A pair is one step of each, in turns, so that a slow moment of the
machine strikes both; the medians are printed, and the median of the ratios: 1.00 is as fast as
PyTorch, 0.90 takes a tenth less time. The update alone is held against torch.optim, foreach=True.

With --caffe, the other side of a pair is what `caffe train` takes for a step, on the CPU with as
many threads as PyTorch has (OMP_NUM_THREADS).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench_caffe import caffe, clock_of, program
from tools.bench_nets import NETS, Pair

if TYPE_CHECKING:
    from torch import Tensor

    import compiler

WARM = 3
STEPS = 10  # of a pair with Caffe, whose start takes longer than one
DECAY = 0.0005
SOLVER = f'net: "net.yaml" base_lr: 0.001 lr_policy: "fixed" momentum: 0.9 weight_decay: {DECAY} '
Step = Callable[[], object]


def main(words: list[str] | None = None) -> None:
    """Time what the words ask for, and print it."""
    parser = argparse.ArgumentParser(prog="bench_train")
    parser.add_argument("nets", nargs="*", choices=[*NETS, []], metavar="NET")
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--device", default="cpu")
    help = "time against this binary of BVLC's Caffe, on the CPU"
    parser.add_argument("--caffe", type=program, metavar="BINARY", help=help)
    options = parser.parse_args(words)
    if options.caffe is not None:
        _against_caffe(options.caffe, options.nets or list(NETS), options.pairs)
        return
    print(f"{'':<10}  {'':<11}  {'ours':>9}  {'PyTorch':>9}  ratio")
    for name in options.nets or NETS:
        for what, ours, theirs in _steps(NETS[name], options.device):
            mine, other, ratio = _compare(ours, theirs, options.pairs, options.device)
            print(
                f"{name:<10}  {what:<11}  {mine:6.2f} ms  {other:6.2f} ms  {ratio:5.2f}", flush=True
            )


def _against_caffe(binary: Path, names: list[str], pairs: int) -> None:
    """A line for each net: both medians, and the median of the ratios."""
    import torch

    threads = torch.get_num_threads()
    clock = clock_of(threads)
    print(f"{'':<10}  {'ours':>9}  {'Caffe':>9}  ratio")
    for name in names:
        with caffe(binary, NETS[name], threads) as other:
            solver = other.solver()
            mine, theirs = [], []
            for i in range(WARM + pairs * STEPS):
                start = clock()
                solver.step()
                mine.append(clock() - start)
                if i >= WARM and (i - WARM) % STEPS == STEPS - 1:
                    theirs.append(other.seconds(STEPS))
        groups = [mine[i : i + STEPS] for i in range(WARM, len(mine), STEPS)]
        ours = [statistics.mean(group) for group in groups]
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        one, two = (1e3 * statistics.median(each) for each in (ours, theirs))
        print(f"{name:<10}  {one:6.2f} ms  {two:6.2f} ms  {ratio:5.2f}", flush=True)


def _steps(pair: Pair, device: str) -> list[tuple[str, Step, Step]]:
    """What is compared: the whole step with SGD, and the updates of SGD and Adam alone."""
    import torch

    torch.manual_seed(0)
    batch = torch.randn(pair.shape, device=device)
    labels = torch.randint(pair.classes, pair.shape[:1], device=device)
    numbers = labels.float()  # as a data layer gives them
    sgd, adam = _solver(pair, 'type: "SGD"', device), _solver(pair, 'type: "Adam"', device)
    net = pair.twin().to(device)
    weights = list(net.parameters())
    plain = torch.optim.SGD(weights, 0.001, momentum=0.9, weight_decay=DECAY, foreach=True)
    plain_adam = torch.optim.Adam(weights, 0.001, weight_decay=DECAY, foreach=True)
    loss_of = torch.nn.CrossEntropyLoss()

    def ours() -> Tensor:
        return sgd.step(data=batch, label=numbers)

    def theirs() -> Tensor:
        plain.zero_grad()
        loss: Tensor = loss_of(net(batch), labels)
        loss.backward()
        plain.step()
        return loss

    for step in (ours, theirs, lambda: adam.step(data=batch, label=numbers)):
        step()
    return [
        ("step", ours, theirs),
        ("SGD update", sgd.apply, plain.step),
        ("Adam update", adam.apply, plain_adam.step),
    ]


def _solver(pair: Pair, more: str, device: str) -> compiler.Solver:
    import compiler

    with tempfile.TemporaryDirectory() as folder:
        shape = f"inputs: {{data: {list(pair.shape)}, label: [{pair.shape[0]}]}}\n"
        Path(folder, "net.yaml").write_text(shape + pair.spec)
        Path(folder, "solver.prototxt").write_text(SOLVER + more)
        return compiler.Solver(Path(folder, "solver.prototxt"), device)


def _compare(ours: Step, theirs: Step, pairs: int, device: str) -> tuple[float, float, float]:
    """Both medians in milliseconds, and the median of their ratios."""
    for _ in range(WARM):
        ours()
        theirs()
    mine: list[float] = []
    other: list[float] = []
    for i in range(pairs):
        turns = [(ours, mine), (theirs, other)]
        for step, times in turns if i % 2 else reversed(turns):
            times.append(_time(step, device))
    ratio = statistics.median(a / b for a, b in zip(mine, other))
    return 1e3 * statistics.median(mine), 1e3 * statistics.median(other), ratio


def _time(step: Step, device: str) -> float:
    """Seconds: of a CPU those that this process was given, since others may be at work."""
    import torch

    on_gpu = device.startswith("cuda")
    clock = time.perf_counter if on_gpu else time.process_time
    start = clock()
    step()
    if on_gpu:
        torch.cuda.synchronize()
    return clock() - start


if __name__ == "__main__":
    main()
