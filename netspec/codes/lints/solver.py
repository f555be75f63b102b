"""Settings of a solver with which training hardly goes as it was meant."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.training import GOOD

CODES: tuple[Code, ...] = (
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
