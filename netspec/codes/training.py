"""C2: a solver file or its nets cannot be trained from."""

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


def solver_file(more: str = "", base_lr: float = 0.01) -> str:
    lines = f'net: "net.prototxt" base_lr: {base_lr} lr_policy: "fixed" max_iter: 4 {more}'
    return f"Path(\"solver.prototxt\").write_text('{lines}')\n"


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
        + solver_file().replace('net: "net', 'net: "nets')
        + 'compiler.Solver("solver.prototxt")\n',
        right=NET + solver_file() + 'compiler.Solver("solver.prototxt")\n',
        language="python",
    ),
    Code(
        "C208",
        "a net to train without a loss",
        "Training makes a loss smaller, and the net has none in the phase TRAIN: no loss layer, "
        "and no loss_weight on another.",
        wrong=NET.replace('type: "EuclideanLoss"', 'type: "Eltwise"')
        + solver_file()
        + 'compiler.Solver("solver.prototxt")\n',
        right=NET + solver_file() + 'compiler.Solver("solver.prototxt")\n',
        language="python",
    ),
    Code(
        "C213",
        "a net without data of its own",
        "`netspec train`, `netspec test` and solve() read batches from the net's data layers. This "
        "net has inputs instead: it is trained by hand, a step for each batch.",
        wrong=NET + solver_file() + 'compiler.Solver("solver.prototxt").solve()\n',
        right=NET
        + solver_file()
        + 'solver = compiler.Solver("solver.prototxt")\n'
        + "solver.step(data=torch.randn(2, 5), goal=torch.zeros(2, 3))\n",
        language="python",
    ),
    Code(
        "C214",
        "a device that is not there",
        "The device that is asked for does not exist here, or PyTorch was installed without "
        "support for it.",
        wrong=NET + solver_file() + 'compiler.Solver("solver.prototxt", device="cuda:99")\n',
        right=NET + solver_file() + 'compiler.Solver("solver.prototxt", device="cpu")\n',
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
        + solver_file('test_net: "test.prototxt" test_iter: 1 test_interval: 2')
        + 'compiler.Solver("solver.prototxt")\n',
        right=OWN_DATA
        + solver_file('test_net: "net.prototxt" test_iter: 1 test_interval: 2')
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
        wrong=OWN_DATA + solver_file(base_lr=1e30) + 'compiler.Solver("solver.prototxt").solve()\n',
        right=OWN_DATA + solver_file() + 'compiler.Solver("solver.prototxt").solve()\n',
        language="python",
    ),
    Code(
        "C217",
        "the memory is too small for a batch",
        "Training keeps what every layer makes of the whole batch until the gradients are known. "
        "With a smaller batch_size in the data layers less is kept; iter_size adds up several "
        "batches before each update.",
        wrong=NET + solver_file() + STEPPED.format(size="2**50"),
        right=NET + solver_file() + STEPPED.format(size="2**5"),
        language="python",
    ),
    Code(
        "C222",
        "the net cannot be compiled",
        "`compile: true` hands the train net to torch.compile, which generates C++ for a CPU and "
        "needs a compiler for it, and Triton for a GPU. Nothing depends on it: without, the net "
        "computes the same.",
        wrong=NET + solver_file("compile: true") + WITHOUT_COMPILER,
        right=NET + solver_file("compile: false") + WITHOUT_COMPILER,
        language="python",
    ),
    Code(
        "C224",
        "the test net has no such output to monitor",
        "lr_policy plateau and early_stop look at one number of the first test net: its loss, or "
        "the output that monitor names, such as the top of an Accuracy layer.",
        wrong=OWN_DATA
        + solver_file('early_stop: 3 monitor: "accuracy" test_iter: 1 test_interval: 2')
        + 'compiler.Solver("solver.prototxt")\n',
        right=OWN_DATA
        + solver_file('early_stop: 3 monitor: "loss" test_iter: 1 test_interval: 2')
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
        "C230",
        "what BVLC's Caffe does not read",
        "`netspec convert --caffe` writes a file for BVLC's Caffe. Layers and settings that only "
        "forks have, or that are netspec's own, such as ema_decay in a solver, would stop it.",
        wrong=FOR_CAFFE.format(more="ema_decay: 0.999"),
        right=FOR_CAFFE.format(more="momentum: 0.9"),
        language="python",
    ),
)
