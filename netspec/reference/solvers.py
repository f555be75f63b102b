"""Solvers: what stands between a gradient and the next weights."""

from __future__ import annotations

from netspec.reference.row import Row

CAFFES = "test_solver.py::test_updates_are_caffes"

ROWS = {
    "an update": (
        Row(
            "clips the raw sum of iter_size gradients, divides by iter_size, adds the decay",
            "divides, clips; the optimizer adds the decay",
            "solvers/sgd_solver.cpp:109",
            CAFFES,
        ),
        Row(
            "weight_decay pulls on biases too, unless decay_mult is 0; L1 by the sign",
            "on all of a group; no L1",
            "solvers/sgd_solver.cpp:156",
            "test_solver.py::test_weight_decay",
        ),
        Row(
            "clip_gradients bounds the norm of all gradients together",
            "clip_grad_norm_, with 1e-6 in the divisor",
            "solvers/sgd_solver.cpp:88",
            "test_solver.py::test_clipping_is_over_all_gradients_together",
        ),
    ),
    "SGD": (
        Row(
            "h = momentum h + lr g; w -= h: the rate is inside the velocity",
            "v = momentum v + g; w -= lr v: they part when lr changes",
            "solvers/sgd_solver.cpp:224",
            CAFFES,
        ),
    ),
    "Nesterov": (
        Row(
            "w -= (1 + momentum) h - momentum h_before, the rate inside h",
            "the rate outside",
            "solvers/nesterov_solver.cpp:14",
            CAFFES,
        ),
    ),
    "AdaGrad, RMSProp": (
        Row(
            "have no momentum; delta is added to the root",
            "eps, the same; RMSprop's alpha is rms_decay",
            "sgd_solvers.hpp:76",
            "test_solver.py::test_rules_agree_with_pytorch_where_they_should",
        ),
    ),
    "AdaDelta": (
        Row(
            "momentum is rho; lr 1 is usual",
            "rho",
            "solvers/adadelta_solver.cpp:29",
            CAFFES,
        ),
    ),
    "Adam": (
        Row(
            "delta is added to √v before the correction of the start",
            "eps, after it",
            "solvers/adam_solver.cpp:39",
            CAFFES,
        ),
    ),
    "lr_policy": (
        Row(
            "multistep takes at most one step an iteration, and its step is in the snapshot",
            "MultiStepLR takes all that are due",
            "solvers/sgd_solver.cpp:46",
            "test_solver.py::test_multistep_moves_one_step_at_a_time",
        ),
        Row(
            "inv is (1 + gamma it)^-power, sigmoid 1 / (1 + e^(-gamma (it - stepsize)))",
            "LambdaLR",
            "solvers/sgd_solver.cpp:27",
            "test_solver.py::test_learning_rate_policies",
        ),
    ),
    "a test": (
        Row(
            "averages every output over test_iter batches, whatever is in them",
            "code",
            "solver.cpp:345",
            "test_train.py::test_a_test_net_has_the_train_nets_weights_and_statistics",
        ),
    ),
}
