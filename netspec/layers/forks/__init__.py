"""Layer types that Caffe's forks added, each with the fork that it comes from."""

from __future__ import annotations

from types import ModuleType

from netspec.layers.forks import (
    activation,
    annotated,
    arithmetic,
    depthwise,
    detection,
    loss,
    multibox,
    normalization,
    priors,
    rearrange,
    regions,
    resize,
)

MODULES: tuple[ModuleType, ...] = (
    annotated,
    depthwise,
    resize,
    regions,
    priors,
    detection,
    multibox,
    normalization,
    activation,
    arithmetic,
    rearrange,
    loss,
)
