"""C2: a solver file, its nets or a snapshot cannot be trained from."""

from __future__ import annotations

from netspec.codes.code import Code

GOOD = """net: "net.prototxt"
base_lr: 0.01
lr_policy: "fixed"
max_iter: 100
"""

NET = '''\
from pathlib import Path

import torch

import compiler

Path("net.prototxt").write_text("""
layer { name: "data"  type: "Input"  top: "data"  input_param { shape { dim: [2, 5] } } }
layer { name: "goal"  type: "Input"  top: "goal"  input_param { shape { dim: [2, 3] } } }
layer { name: "ip"  type: "InnerProduct"  bottom: "data"  top: "ip"
        inner_product_param { num_output: 3  weight_filler { type: "xavier" } } }
layer { name: "loss"  type: "EuclideanLoss"  bottom: "ip"  bottom: "goal"  top: "loss" }
""")
'''
OWN_DATA = '''\
from pathlib import Path

import compiler

Path("net.prototxt").write_text("""
layer { name: "data"  type: "DummyData"  top: "data"  top: "goal"
        dummy_data_param { shape { dim: [2, 5] }  shape { dim: [2, 3] }
                           data_filler { type: "gaussian" }  data_filler { value: 1 } } }
layer { name: "ip"  type: "InnerProduct"  bottom: "data"  top: "ip"
        inner_product_param { num_output: 3  weight_filler { type: "xavier" } } }
layer { name: "loss"  type: "EuclideanLoss"  bottom: "ip"  bottom: "goal"  top: "loss" }
""")
'''


def _solver(more: str = "", base_lr: float = 0.01) -> str:
    lines = f'net: "net.prototxt" base_lr: {base_lr} lr_policy: "fixed" max_iter: 4 {more}'
    return f"Path(\"solver.prototxt\").write_text('{lines}')\n"


RESTORED = (
    _solver('snapshot_prefix: "one"')
    + 'solver = compiler.Solver("solver.prototxt")\n'
    + "weights, state = solver.snapshot()\n"
)
DAMAGED = """\
content = bytearray(weights.read_bytes())
content[-1] ^= 1
weights.write_bytes(content)
"""
WITHOUT_COMPILER = """\
import os

path, os.environ["PATH"] = os.environ["PATH"], ""
try:
    compiler.Solver("solver.prototxt")
finally:
    os.environ["PATH"] = path
"""
FOR_CAFFE = """\
from netspec.source import Source
from netspec.translate import require_bvlc

text = 'net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" {more}'
require_bvlc(Source("solver.prototxt", text))
"""
STEPPED = """\
solver = compiler.Solver("solver.prototxt")
solver.net.register_forward_pre_hook(lambda *_: print(torch.empty({size}).shape))  # its memory
solver.step(data=torch.randn(2, 5), goal=torch.zeros(2, 3))
"""

CODES: tuple[Code, ...] = (
    Code(
        "C201",
        "not one net to train",
        "A solver trains exactly one net. It is named by net or train_net, or written into the "
        "solver file as net_param or train_net_param.",
        wrong=GOOD + 'train_net: "train.prototxt"\n',
        right=GOOD,
        language="solver",
    ),
    Code(
        "C202",
        "a setting of the solver is missing",
        "Training needs a learning rate: base_lr, lr_policy, and the settings that the policy "
        "divides by. A missing base_lr counts as 0 in Caffe, and nothing is ever learned.",
        wrong='net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "step"\ngamma: 0.1\n',
        right='net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "step"\ngamma: 0.1\nstepsize: 1000\n',
        language="solver",
    ),
    Code(
        "C203",
        "no such policy, solver type or regularization",
        "lr_policy, type and regularization_type are text in quotes, so a wrong word shows only "
        "when it is used. The names are those of BVLC's Caffe, capitals included.",
        wrong=GOOD + 'type: "ADAM"\n',
        right=GOOD + 'type: "Adam"\n',
        language="solver",
    ),
    Code(
        "C204",
        "a setting that the solver type cannot use",
        "AdaGrad and RMSProp have no momentum: Caffe refuses it rather than ignore it.",
        wrong=GOOD + 'type: "AdaGrad"\nmomentum: 0.9\n',
        right=GOOD + 'type: "AdaGrad"\n',
        language="solver",
    ),
    Code(
        "C205",
        "a setting of the solver out of range",
        "Some numbers have bounds that depend on other settings: the decays of Adam, AdaDelta and "
        "RMSProp lie below 1, and a policy's stepsize and gamma are not negative.",
        wrong=GOOD + 'type: "RMSProp"\nrms_decay: 1.0\n',
        right=GOOD + 'type: "RMSProp"\nrms_decay: 0.98\n',
        language="solver",
    ),
    Code(
        "C206",
        "test nets and their settings do not agree",
        "There is a test_iter for each test net: those in test_net_param and test_net, and as many "
        "of net as there are test_iter left. test_state is given for each of them or not at all, "
        "and tests need a test_interval.",
        wrong=GOOD + "test_iter: 10\n",
        right=GOOD + "test_iter: 10\ntest_interval: 50\n",
        language="solver",
    ),
    Code(
        "C207",
        "a file that the solver names is not there",
        "Paths in a solver file are relative to the working directory, as in Caffe; where nothing "
        "is there, they are tried relative to the solver file.",
        wrong=NET
        + _solver().replace('net: "net', 'net: "nets')
        + 'compiler.Solver("solver.prototxt")\n',
        right=NET + _solver() + 'compiler.Solver("solver.prototxt")\n',
        language="python",
    ),
    Code(
        "C208",
        "a net to train without a loss",
        "Training makes a loss smaller, and the net has none in the phase TRAIN: no loss layer, "
        "and no loss_weight on another.",
        wrong=NET.replace('type: "EuclideanLoss"', 'type: "Eltwise"')
        + _solver()
        + 'compiler.Solver("solver.prototxt")\n',
        right=NET + _solver() + 'compiler.Solver("solver.prototxt")\n',
        language="python",
    ),
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
        + _solver('snapshot_prefix: "net.prototxt/one"')
        + 'compiler.Solver("solver.prototxt").solve()\n',
        right=OWN_DATA
        + _solver('snapshot_prefix: "snapshots/one"')
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
        + _solver('type: "Adam"')
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
        "C213",
        "a net without data of its own",
        "`netspec train`, `netspec test` and solve() read batches from the net's data layers. This "
        "net has inputs instead: it is trained by hand, a step for each batch.",
        wrong=NET + _solver() + 'compiler.Solver("solver.prototxt").solve()\n',
        right=NET
        + _solver()
        + 'solver = compiler.Solver("solver.prototxt")\n'
        + "solver.step(data=torch.randn(2, 5), goal=torch.zeros(2, 3))\n",
        language="python",
    ),
    Code(
        "C214",
        "a device that is not there",
        "The device that is asked for does not exist here, or PyTorch was installed without "
        "support for it.",
        wrong=NET + _solver() + 'compiler.Solver("solver.prototxt", device="cuda:99")\n',
        right=NET + _solver() + 'compiler.Solver("solver.prototxt", device="cpu")\n',
        language="python",
    ),
    Code(
        "C215",
        "train net and test net differ in a layer's parameters",
        "Test nets use the weights of the train net, by layer name. A layer of one name has other "
        "parameters in the two.",
        wrong=OWN_DATA
        + 'text = Path("net.prototxt").read_text()\n'
        + 'other = text.replace("num_output: 3", "num_output: 3 bias_term: false")\n'
        + 'Path("test.prototxt").write_text(other)\n'
        + _solver('test_net: "test.prototxt" test_iter: 1 test_interval: 2')
        + 'compiler.Solver("solver.prototxt")\n',
        right=OWN_DATA
        + _solver('test_net: "net.prototxt" test_iter: 1 test_interval: 2')
        + 'compiler.Solver("solver.prototxt")\n',
        language="python",
    ),
    Code(
        "C216",
        "training diverged",
        "The loss or a weight became infinite or not a number, from where no training comes back. "
        "No snapshot is written; the last one before is as it was. Most often base_lr is too high "
        "for the net, its fillers, or the scale of its data. A softmax loss of 87.3365 is the same "
        "before it shows: that is -log(FLT_MIN), and every true class has probability 0.",
        wrong=OWN_DATA + _solver(base_lr=1e30) + 'compiler.Solver("solver.prototxt").solve()\n',
        right=OWN_DATA + _solver() + 'compiler.Solver("solver.prototxt").solve()\n',
        language="python",
    ),
    Code(
        "C217",
        "the memory is too small for a batch",
        "Training keeps what every layer makes of the whole batch until the gradients are known. "
        "With a smaller batch_size in the data layers less is kept; iter_size adds up several "
        "batches before each update.",
        wrong=NET + _solver() + STEPPED.format(size="2**50"),
        right=NET + _solver() + STEPPED.format(size="2**5"),
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
        "C222",
        "the net cannot be compiled",
        "`compile: true` hands the train net to torch.compile, which generates C++ for a CPU and "
        "needs a compiler for it, and Triton for a GPU. Nothing depends on it: without, the net "
        "computes the same.",
        wrong=NET + _solver("compile: true") + WITHOUT_COMPILER,
        right=NET + _solver("compile: false") + WITHOUT_COMPILER,
        language="python",
    ),
    Code(
        "C224",
        "the test net has no such output to monitor",
        "lr_policy plateau and early_stop look at one number of the first test net: its loss, or "
        "the output that monitor names, such as the top of an Accuracy layer.",
        wrong=OWN_DATA
        + _solver('early_stop: 3 monitor: "accuracy" test_iter: 1 test_interval: 2')
        + 'compiler.Solver("solver.prototxt")\n',
        right=OWN_DATA
        + _solver('early_stop: 3 monitor: "loss" test_iter: 1 test_interval: 2')
        + 'compiler.Solver("solver.prototxt")\n',
        language="python",
    ),
    Code(
        "C225",
        "a setting that looks at tests, and no tests",
        "lr_policy plateau lowers the rate, and early_stop ends the training, when tests get no "
        "better. They need a test net: test_iter and test_interval.",
        wrong=GOOD + "early_stop: 3\n",
        right=GOOD + "early_stop: 3\ntest_iter: 10\ntest_interval: 50\n",
        language="solver",
    ),
    Code(
        "C226",
        "a snapshot is not written",
        "The disk is full, the folder is gone or cannot be written to. Training ends, since it "
        "would be lost. Files are written under another name first, so that the snapshots before "
        "are as they were.",
        wrong=OWN_DATA
        + _solver('snapshot_prefix: "two"')
        + 'Path("two_iter_4.caffemodel").mkdir()\n'
        + 'compiler.Solver("solver.prototxt").solve()\n',
        right=OWN_DATA
        + _solver('snapshot_prefix: "one"')
        + 'compiler.Solver("solver.prototxt").solve()\n',
        language="python",
    ),
    Code(
        "C230",
        "what BVLC's Caffe does not read",
        "`netspec convert --caffe` writes a file for BVLC's Caffe. Layers and settings that only "
        "forks have, or that are netspec's own, such as ema_decay in a solver, would stop it.",
        wrong=FOR_CAFFE.format(more="ema_decay: 0.999"),
        right=FOR_CAFFE.format(more="momentum: 0.9"),
        language="python",
    ),
    Code(
        "N580",
        "the learning rate's policy reads a setting that is not written",
        "A setting that is missing counts as 0, as in Caffe: without power, inv and poly keep the "
        "rate as it is; without gamma, step, exp and multistep set it to 0.",
        wrong='net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "poly"\nmax_iter: 100\n',
        right='net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "poly"\npower: 1\nmax_iter: 100\n',
        language="solver",
    ),
    Code(
        "N581",
        "a setting of the solver that does nothing",
        "Caffe reads the setting, and the others leave it nothing to do: tests without batches, a "
        "snapshot or a warm-up that is longer than the training, a monitor that nothing looks at.",
        wrong=GOOD + "test_interval: 50\n",
        right=GOOD + "test_interval: 50\ntest_iter: 10\n",
        language="solver",
    ),
    Code(
        "N582",
        "steps of the learning rate that are not taken one by one",
        "multistep goes through stepvalue in the order in which it is written, one step an "
        "iteration at most. A value that is not larger than the one before lowers the rate again "
        "at once, and one at max_iter or later never does.",
        wrong='net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "multistep"\ngamma: 0.1\n'
        "stepvalue: 200\nstepvalue: 100\n",
        right='net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "multistep"\ngamma: 0.1\n'
        "stepvalue: 100\nstepvalue: 200\n",
        language="solver",
    ),
    Code(
        "N583",
        "a number with which training does not work",
        "Caffe takes the number, and nothing is learned with it, or updates grow without end: a "
        "rate or a clip_gradients of 0, a momentum of 1, a negative weight_decay.",
        wrong=GOOD + "momentum: 1\n",
        right=GOOD + "momentum: 0.9\n",
        language="solver",
    ),
)
