"""Logs of training, of Caffe and of ours, and how tests read them."""

from __future__ import annotations

import json
from pathlib import Path

from netspec.logs import read_log
from netspec.logs.run import Run

NOW = """\
I1231 23:59:58.000000  7 solver.cpp:281] Solving LeNet
I1231 23:59:58.000000  7 solver.cpp:282] Learning Rate Policy: step
I1231 23:59:58.500000  7 solver.cpp:341] Iteration 0, Testing net (#0)
I1231 23:59:58.600000  7 blocking_queue.cpp:50] Data layer prefetch queue empty
I1231 23:59:59.000000  7 solver.cpp:409]     Test net output #0: accuracy = 0.1
I1231 23:59:59.000000  7 solver.cpp:409]     Test net output #1: loss1/loss = 2 (* 0.3 = 0.6 loss)
I1231 23:59:59.000000  7 solver.cpp:409]     Test net output #2: loss2/loss = 3 (* 1 = 3 loss)
I0101 00:00:00.000000  7 solver.cpp:228] Iteration 0 (0 iter/s, 1.5s/20 iters), loss = 3.5
I0101 00:00:00.000000  7 solver.cpp:244]     Train net output #0: loss1/loss = 2 (* 0.3 = 0.6 loss)
I0101 00:00:00.000000  7 sgd_solver.cpp:106] Iteration 0, lr = 0.01
I0101 00:00:08.000000  7 solver.cpp:228] Iteration 20 (2.5 iter/s, 8s/20 iters), loss = 1e-05
I0101 00:00:08.000000  7 sgd_solver.cpp:106] Iteration 20, lr = 1e-03
"""


def read(text: str, folder: Path, name: str = "train.log") -> list[Run]:
    (folder / name).write_text(text)
    return read_log(folder / name)


def entries(*said: dict[str, object]) -> str:
    return "".join(json.dumps(each) + "\n" for each in said)


OURS = entries(
    {"event": "start", "iteration": 0, "net": "tiny", "images": 50, "records": 1000, "time": 5.0},
    {"event": "train", "iteration": 0, "loss": 2.5, "lr": 0.1, "outputs": {"loss": [2.5]},
     "loss_weights": {"loss": 1}, "time": 6.0},
    {"event": "train", "iteration": 10, "loss": None, "lr": None, "outputs": {"loss": [None]},
     "loss_weights": {"loss": 1}, "time": 8.0},
    {"event": "test", "iteration": 10, "net": 1, "loss": 0.5, "loss_weights": {"loss": 1},
     "outputs": {"loss": [0.5], "accuracy": [0.75, 1]}, "time": 9.0},
    {"event": "snapshot", "iteration": 10, "weights": "a", "state": "b", "time": 9.5},
)  # fmt: skip
