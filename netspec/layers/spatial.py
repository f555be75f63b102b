"""Windows that slide over spatial axes: what Convolution, Deconvolution and Pooling share."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.schema.settings import Reject
from netspec.schema.wording import times


def per_axis(
    values: Sequence[int], axes: int, default: int, setting: str, name: str
) -> tuple[int, ...]:
    """One number per spatial axis, from none, one or one per axis; raises Reject."""
    if not values:
        return (default,) * axes
    if len(values) not in (1, axes):
        spatial = "1 spatial axis" if axes == 1 else f"{axes} spatial axes"
        message = f"{name} is given {times(len(values))} for {spatial}"
        raise Reject("N407", setting, message, "give it once, or once for each axis")
    return tuple(values) * axes if len(values) == 1 else tuple(values)


def extent(kernel: int, dilation: int) -> int:
    """The elements that a dilated kernel spans."""
    return dilation * (kernel - 1) + 1


def by(sizes: Sequence[int]) -> str:
    """Sizes as the figures of papers write them: 3×3."""
    return "×".join(map(str, sizes))


def step(strides: Sequence[int]) -> str:
    """Strides as the figures of papers write them: 2 for both axes, or 2×1."""
    return str(strides[0]) if len(set(strides)) == 1 else by(strides)
