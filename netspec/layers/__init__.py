"""Caffe's layer types and its forks', each declared once.

`LAYERS` has them by name, `FACTS` what the YAML language needs of them; `declare` adds your own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from netspec.layers import (
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
from netspec.layers.own import guard
from netspec.schema.layer import Facts, Layer
from netspec.schema.net import Phase

MODULES: tuple[ModuleType, ...] = (
    input,
    data,
    tar,
    memory,
    windows,
    convolution,
    pooling,
    dense,
    recurrent,
    normalization,
    scaling,
    activation,
    elementwise,
    arithmetic,
    reduction,
    shape,
    selection,
    loss,
    likelihood,
    margin,
    python,
    *forks.MODULES,
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


def types_in(phase: Phase) -> Mapping[str, type[Layer]]:
    """The types that a net of a phase is built of; its Python layers run where that is allowed."""
    return {**LAYERS, **python.running(phase)}


def declare(cls: type[Layer]) -> type[Layer]:
    """Make a layer type of your own known, by its class's name; a decorator.

        @netspec.layers.declare
        class Halve(Layer):
            '''Divide by two.'''
            ...

    Its lowering is a function registered with `compiler.lower.lower.register`. Raises ValueError
    where there is such a type already.
    """
    known = LAYERS.get(cls.__name__)
    if (
        known is not None
        and known.__qualname__ + known.__module__ != cls.__qualname__ + cls.__module__
    ):
        raise ValueError(f"there is a layer type {cls.__name__} already")
    guard(cls)
    LAYERS[cls.__name__] = cls
    FACTS[cls.__name__] = cls.facts()
    return cls
