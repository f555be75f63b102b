"""C2: a snapshot that cannot be written, or gone on from."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.training import NET, OWN_DATA, solver_file

RESTORED = (
    solver_file('snapshot_prefix: "one"')
    + 'solver = compiler.Solver("solver.prototxt")\n'
    + "weights, state = solver.snapshot()\n"
)
DAMAGED = """\
content = bytearray(weights.read_bytes())
content[-1] ^= 1
weights.write_bytes(content)
"""

CODES: tuple[Code, ...] = (
    Code(
        "C209",
        "no solver state",
        "Training goes on from a .solverstate or .solverstate.h5. This file cannot be opened, is "
        "damaged, or is something else, such as the weights beside the state.",
        wrong=NET + RESTORED + "solver.restore(weights)\n",
        right=NET + RESTORED + "solver.restore(state)\n",
        language="python",
    ),
    Code(
        "C210",
        "snapshots cannot be written",
        "The folder of snapshot_prefix cannot be made or written to. That is tried before training "
        "starts, so that no work is lost later.",
        wrong=OWN_DATA
        + solver_file('snapshot_prefix: "net.prototxt/one"')
        + 'compiler.Solver("solver.prototxt").solve()\n',
        right=OWN_DATA
        + solver_file('snapshot_prefix: "snapshots/one"')
        + 'compiler.Solver("solver.prototxt").solve()\n',
        language="python",
    ),
    Code(
        "C211",
        "a solver state of another training",
        "A state keeps the momentum of each parameter, and these do not have the net's shapes, or "
        "there are more or fewer of them. Adam and AdaDelta keep two for each parameter. Or the "
        "weights of the state lack a layer that the net has.",
        wrong=NET
        + RESTORED
        + solver_file('type: "Adam"')
        + 'compiler.Solver("solver.prototxt").restore(state)\n',
        right=NET + RESTORED + 'compiler.Solver("solver.prototxt").restore(state)\n',
        language="python",
    ),
    Code(
        "C212",
        "the weights of a solver state are not there",
        "A state names the file of its weights. It is looked for where the state says and then "
        "beside the state.",
        wrong=NET + RESTORED + "weights.unlink()\nsolver.restore(state)\n",
        right=NET + RESTORED + "solver.restore(state)\n",
        language="python",
    ),
    Code(
        "C220",
        "a damaged snapshot",
        "A snapshot keeps checksums of its files, in a part that Caffe does not read. This file is "
        "not what was written: the disk or a copy has changed it, or another run wrote over it.",
        wrong=NET + RESTORED + DAMAGED + "solver.restore(state)\n",
        right=NET + RESTORED + "solver.restore(state)\n",
        language="python",
    ),
    Code(
        "C221",
        "no snapshot is whole",
        "`--resume auto` goes on from the last snapshot under snapshot_prefix that is whole. There "
        "are some, and each is damaged. Training from the beginning would write over them, so "
        "that is not done by itself.",
        wrong=NET + RESTORED + DAMAGED + "solver.resume()\n",
        right=NET + RESTORED + "solver.resume()\n",
        language="python",
    ),
    Code(
        "C226",
        "a snapshot is not written",
        "The disk is full, the folder is gone or cannot be written to. Training ends, since it "
        "would be lost. Files are written under another name first, so that the snapshots before "
        "are as they were.",
        wrong=OWN_DATA
        + solver_file('snapshot_prefix: "two"')
        + 'Path("two_iter_4.caffemodel").mkdir()\n'
        + 'compiler.Solver("solver.prototxt").solve()\n',
        right=OWN_DATA
        + solver_file('snapshot_prefix: "one"')
        + 'compiler.Solver("solver.prototxt").solve()\n',
        language="python",
    ),
)
