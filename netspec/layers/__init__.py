"""Caffe's layer types, each declared once.

`LAYERS` has them by name, `FACTS` what the YAML language needs of them.
"""

from __future__ import annotations

from types import ModuleType

from netspec.layers import (
    activation,
    arithmetic,
    convolution,
    data,
    dense,
    elementwise,
    input,
    likelihood,
    loss,
    margin,
    memory,
    normalization,
    pooling,
    recurrent,
    reduction,
    selection,
    shape,
    windows,
)
from netspec.schema.layer import Facts, Layer

MODULES: tuple[ModuleType, ...] = (
    input,
    data,
    memory,
    windows,
    convolution,
    pooling,
    dense,
    recurrent,
    normalization,
    activation,
    elementwise,
    arithmetic,
    reduction,
    shape,
    selection,
    loss,
    likelihood,
    margin,
)

LAYERS: dict[str, type[Layer]] = {
    name: declared
    for module in MODULES
    for name, declared in vars(module).items()
    if isinstance(declared, type)
    and issubclass(declared, Layer)
    and declared.__module__ == module.__name__
    and not name.startswith("_")
}
FACTS: dict[str, Facts] = {name: declared.facts() for name, declared in LAYERS.items()}
