"""The lowerings of the forks' layer types, one file a family, named as in netspec.layers.forks."""

from __future__ import annotations

from compiler.layers.forks import (
    activation,
    arithmetic,
    detection,
    faces,
    loss,
    multibox,
    normalization,
    pairs,
    priors,
    rcnn,
    rearrange,
    recurrent,
    regions,
    resize,
    segmentation,
)
