"""caffe.coord_map: where the pixels of one blob lie in another, and the Crop that follows.

A map is (axis, scale, shift), the first spatial axis and what it takes to get from a coordinate of
the lower blob to one of the upper; axis None is the identity on any axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compiler.pycaffe.net_spec import Function, Top, layers
from netspec.layers import LAYERS
from netspec.schema.layer import Family

Map = tuple[int | None, Any, Any]
IDENTITY: Map = (None, 1, 0)
SIDES = ("pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w")


class UndefinedMapException(Exception):
    """A layer whose tops have no place in its bottoms."""


class AxisMismatchException(Exception):
    """Maps of different axes cannot follow one another."""


def conv_params(fn: Function) -> tuple[int, Any, Any, Any]:
    """Axis, stride, extent of the kernel and padding of a layer that slides windows."""
    said = fn.params.get("convolution_param", fn.params)
    if any(name in said for name in SIDES):
        message = "write kernel_size, stride and pad: coordinates do not follow from _h and _w"
        raise ValueError(message)
    stride, dilation, pad = (
        np.array(said.get(name, default), ndmin=1)
        for name, default in (("stride", 1), ("dilation", 1), ("pad", 0))
    )
    extent = (np.array(said["kernel_size"], ndmin=1) - 1) * dilation + 1
    return said.get("axis", 1), stride, extent, pad


def crop_params(fn: Function) -> tuple[int, Any]:
    """Axis and offsets of a Crop."""
    said = fn.params.get("crop_param", fn.params)
    return said.get("axis", 2), np.array(said.get("offset", 0), ndmin=1)


def _slid(fn: Function) -> Map:
    axis, stride, extent, pad = conv_params(fn)
    return axis, 1 / stride, (pad - (extent - 1) / 2) / stride


def _spread(fn: Function) -> Map:
    axis, stride, extent, pad = conv_params(fn)
    return axis, stride, (extent - 1) / 2 - pad


def _cut(fn: Function) -> Map:
    axis, offset = crop_params(fn)
    return axis - 1, 1, -offset


RULES = {
    "Convolution": _slid,
    "Pooling": _slid,
    "Im2col": _slid,
    "Deconvolution": _spread,
    "Crop": _cut,
}
KEEP_PLACES = ("Eltwise", "Split")  # beside normalizations and what works element by element


def coord_map(fn: Function) -> Map:
    """The map of one layer. Raises UndefinedMapException."""
    if fn.type_name in RULES:
        return RULES[fn.type_name](fn)
    declared = LAYERS.get(fn.type_name)
    if fn.type_name in KEEP_PLACES:
        return IDENTITY
    if declared and (declared.elementwise or declared.family is Family.NORMALIZATION):
        return IDENTITY
    raise UndefinedMapException(f"a {fn.type_name} layer has no map of coordinates")


def compose(base: Map, after: Map) -> Map:
    """One map after another. Raises AxisMismatchException."""
    axis, scale, shift = base
    axis_after, scale_after, shift_after = after
    if axis is not None and axis_after is not None and axis != axis_after:
        raise AxisMismatchException(f"one map begins at axis {axis}, the other at {axis_after}")
    axis = axis_after if axis is None else axis
    return axis, scale * scale_after, scale * shift_after + shift


def inverse(forth: Map) -> Map:
    """The way back."""
    axis, scale, shift = forth
    return axis, 1 / scale, -shift / scale


def _maps(top: Top) -> dict[Top, Map]:
    """The maps from a top to all blobs below it that have one, the nearest first."""
    found = {top: IDENTITY}
    waiting = [top]
    while waiting:
        here = waiting.pop(0)
        try:
            step = coord_map(here.fn)
        except UndefinedMapException:
            continue
        declared = LAYERS.get(here.fn.type_name)
        for i, bottom in enumerate(here.fn.inputs):
            only_measured = declared is not None and i in declared.shape_only
            if bottom not in found and not only_measured:
                found[bottom] = compose(found[here], step)
                waiting.append(bottom)
    return found


def coord_map_from_to(top_from: Top, top_to: Top) -> Map:
    """The map from one top to another, by way of a blob that both are made from.

    Raises RuntimeError where there is none.
    """
    below = _maps(top_from)
    for blob, there in _maps(top_to).items():
        if blob in below:
            return compose(there, inverse(below[blob]))
    raise RuntimeError("the two blobs are made from none in common by layers that keep places")


def crop(top_from: Top, top_to: Top) -> Top:
    """The first blob cut to where the second lies in it. Raises AssertionError where the two have
    different scales, or the offset is negative or no whole number.
    """
    axis, scale, shift = coord_map_from_to(top_from, top_to)
    assert np.all(scale == 1), f"scale mismatch on crop: {scale}"
    assert np.all(shift <= 0), f"cannot crop by a negative offset: {-shift}"
    assert np.all(np.round(shift) == shift), f"cannot crop by a part of a pixel: {-shift}"
    offset = [int(each) for each in np.atleast_1d(-shift)]
    made: Top = layers.Crop(
        top_from, top_to, crop_param={"axis": (axis or 0) + 1, "offset": offset}
    )
    return made
