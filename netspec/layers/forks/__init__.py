"""Layer types that Caffe's forks added, each with the fork that it comes from."""

from __future__ import annotations

from types import ModuleType

from netspec.layers.forks import (
    activation,
    annotated,
    arithmetic,
    depthwise,
    detection,
    faces,
    feeds,
    loss,
    multibox,
    normalization,
    pairs,
    priors,
    rearrange,
    recurrent,
    regions,
    resize,
    segmentation,
    spark,
)

MODULES: tuple[ModuleType, ...] = (
    annotated,
    feeds,
    spark,
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
    recurrent,
    faces,
    loss,
    pairs,
    segmentation,
)
