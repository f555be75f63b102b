"""What keeps a net from learning."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.lints.examples import (
    CONV,
    DATA,
    END,
    FC,
    HALF,
    NORMALISED,
    TRAINED,
    USED,
    solver,
)

CODES: tuple[Code, ...] = (
    Code(
        "N518",
        "two layers in a row that start at zero",
        "Without weight_filler, weights start at 0. The gradient of each of the two is "
        "multiplied by the weights of the other, so both stay 0 for ever. Nothing is said "
        "where most layers have no filler: then weights are loaded.",
        wrong=DATA
        + NORMALISED
        + HALF
        + FC.replace("fc", "fc1").replace(", weight_filler: {type: xavier}", "")
        + FC.replace(", weight_filler: {type: xavier}", "")
        + TRAINED
        + USED,
        right=DATA
        + NORMALISED
        + HALF
        + FC.replace("fc", "fc1")
        + FC.replace(", weight_filler: {type: xavier}", "")
        + TRAINED
        + USED,
        language="yaml",
    ),
    Code(
        "N519",
        "a loss that is always the same",
        "The softmax of a single class is 1 whatever its score, so the loss is 0 and its "
        "gradient, too; of a blob without elements there is no loss at all.",
        wrong=DATA + CONV + END.replace("num_output: 10", "num_output: 1"),
        right=DATA + CONV + END.replace("num_output: 10", "num_output: 2"),
        language="yaml",
    ),
    Code(
        "N520",
        "a layer that leads to no loss",
        "A net that is trained computes the layer in each iteration, and no gradient ever "
        "reaches it. Often a bottom names the blob of another layer than was meant. Where it "
        "is wanted, Silence reads it.",
        wrong=DATA
        + CONV
        + HALF.replace("name: conv2,", "name: side, bottom: data,")
        + END.replace("name: fc,", "name: fc, bottom: conv,"),
        right=DATA + CONV + END,
        language="yaml",
    ),
    Code(
        "N530",
        "nothing learns",
        "lr_mult is 0 for every parameter of the net that is trained. It is meant for layers "
        "that are kept as they were loaded, and at least one has to be left.",
        wrong=DATA
        + FC.replace("name: fc", "name: fc, bottom: data, param: [{lr_mult: 0}, {lr_mult: 0}]")
        + TRAINED
        + USED,
        right=DATA
        + FC.replace("name: fc", "name: fc, bottom: data, param: [{lr_mult: 1}, {lr_mult: 0}]")
        + TRAINED
        + USED,
        language="yaml",
    ),
    Code(
        "N531",
        "every weight starts at zero",
        "A weight without filler starts at 0. Where all of them do, none but the last bias "
        "ever has a gradient, and the net learns how often each class comes. Where weights "
        "are loaded by --weights nothing is wrong: name them in the solver, or silence this.",
        wrong=solver(filler="constant"),
        right=solver(),
        language="solver",
    ),
    Code(
        "N533",
        "a rate that is never lowered",
        "The first step of the learning rate would come when training has ended. Mostly "
        "stepsize was meant to be smaller, or comes from a solver with a larger max_iter.",
        wrong=solver(step=100),
        right=solver(step=50),
        language="solver",
    ),
)
