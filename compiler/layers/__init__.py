"""The lowerings, one file a family, named as in netspec.layers. Importing this registers all."""

from __future__ import annotations

from compiler.layers import (
    activation,
    arithmetic,
    convolution,
    data,
    dense,
    elementwise,
    forks,
    input,
    likelihood,
    loss,
    margin,
    memory,
    normalization,
    pooling,
    python,
    recurrent,
    reduction,
    scaling,
    selection,
    shape,
    tar,
    windows,
)
