"""C245 to C250: several processes that train one net."""

from __future__ import annotations

from netspec.codes.code import Code

LAUNCH = """\
from compiler.distributed.launch import launch

launch(["-c", "{}"], processes=2)
"""
JOIN = """\
import os
import socket

from compiler.distributed import joined

taken = socket.create_server(("localhost", 0))
os.environ.update(MASTER_ADDR="localhost", MASTER_PORT=str(taken.getsockname()[1]))
os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="{}")
with joined(device="cpu"):
    pass
"""
FACTS = """\
from compiler.distributed.alike import Facts, require_alike

mine = Facts(device="cpu", solver="base_lr: 0.01", weights="conv1 (8, 3, 5, 5)")
require_alike([mine, {}])
"""
WORLD = """\
from compiler.distributed import Group
from compiler.distributed.alike import require_world

require_world("lenet_iter_500.solverstate", written=4, group=Group(world={}))
"""
RESTART = """\
import os

from compiler.distributed.join import require_resume

os.environ["TORCHELASTIC_RESTART_COUNT"] = "1"
require_resume({})
"""

CODES: tuple[Code, ...] = (
    Code(
        "C245",
        "a process of the training is gone",
        "All processes train together, and none can go on alone. Each leaves a snapshot behind no "
        "older than the interval of `snapshot`; --max-restarts goes on from it by itself.",
        wrong=LAUNCH.format("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        right=LAUNCH.format("pass"),
        language="python",
    ),
    Code(
        "C246",
        "the processes do not train the same",
        "Every process reads the solver file and the net by itself. On some machine the files are "
        "other ones, or there is no GPU as on the others.",
        wrong=FACTS.format('Facts(device="cpu", solver="base_lr: 0.1", weights=mine.weights)'),
        right=FACTS.format("mine"),
        language="python",
    ),
    Code(
        "C247",
        "a snapshot of another number of processes",
        "A batch is batch_size records for each process, as in Caffe. With more or fewer of them "
        "the run would go on with other batches and another learning rate than it began with.",
        wrong=WORLD.format(2),
        right=WORLD.format(4),
        language="python",
    ),
    Code(
        "C248",
        "GPUs that cannot average gradients",
        "Gradients on GPUs are averaged by NCCL, which PyTorch has on Linux only.",
        wrong="from compiler.distributed.join import choose_backend\n\n"
        'choose_backend("cuda", cuda=True, nccl=False)\n',
        right="from compiler.distributed.join import choose_backend\n\n"
        'choose_backend("cpu", cuda=True, nccl=False)\n',
        language="python",
    ),
    Code(
        "C249",
        "the processes do not find each other",
        "They meet at MASTER_ADDR and MASTER_PORT, where the first one listens. Another program "
        "has that port, the address is not reached, or some of them were never started.",
        wrong=JOIN.format(2),
        right=JOIN.format(1),
        language="python",
    ),
    Code(
        "C250",
        "a restarted training that would begin anew",
        "A process ended, and all were started again. Without --resume auto they would train from "
        "the beginning, over the snapshots of the run that they are to go on with.",
        wrong=RESTART.format("None"),
        right=RESTART.format('"auto"'),
        language="python",
    ),
)
