"""Where Caffe and PyTorch differ: a row for each rule, with its place in Caffe and its test."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.reference import (
    activation,
    data,
    dense,
    forks,
    loss,
    nets,
    normalization,
    shape,
    solvers,
    spatial,
    unlike,
    unlike_forks,
)
from netspec.reference.row import Row

UNLIKE: Mapping[str, tuple[Row, ...]] = {**unlike.ROWS, **unlike_forks.ROWS}
SECTIONS: Mapping[str, Mapping[str, tuple[Row, ...]]] = {
    "Convolution and pooling": spatial.ROWS,
    "Fully connected and recurrent layers": dense.ROWS,
    "Normalization": normalization.ROWS,
    "Activations and arithmetic": activation.ROWS,
    "Shapes and reductions": shape.ROWS,
    "Losses and accuracies": loss.ROWS,
    "Layers of forks": forks.ROWS,
    "Data": data.ROWS,
    "Nets": nets.ROWS,
    "Solvers": solvers.ROWS,
    "Where netspec does not follow Caffe": UNLIKE,
}
ROWS: Mapping[str, tuple[Row, ...]] = {
    subject: rows
    for section in SECTIONS.values()
    if section is not UNLIKE
    for subject, rows in section.items()
}
