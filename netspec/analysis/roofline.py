"""How long a pass of a layer takes on a device at least: the roofline of Williams et al. (2009).

A layer computes no faster than the device's peak, moves no more bytes than its memory can, and no
call is shorter than the overhead; the time is the longest of the three (CACM 52(4), 2009).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from netspec.analysis.passes import Pass
from netspec.devices import Device


@dataclass(frozen=True)
class Time:
    """Seconds at least, and what they go to: compute, bandwidth, overhead, or "" for none."""

    seconds: float = 0.0
    bound: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "bound": self.bound}


def time(of: Pass, device: Device, precision: str = "float32") -> Time | None:
    """The time of a pass, its products in the given precision, all else in float32.

    None where the pass is not known. Raises SpecError A211 where the device lacks the precision.
    """
    rate = device.flops(precision)
    if of.macs is None or of.flops is None or of.moved is None:
        return None
    if not of.flops and not of.moved:
        return Time()
    products = 2 * of.macs
    bounds = {
        "compute": products / rate + (of.flops - products) / device.flops("float32"),
        "bandwidth": of.moved / device.bandwidth,
        "overhead": device.overhead,
    }
    bound = max(bounds, key=lambda name: bounds[name])
    return Time(bounds[bound], bound)


def together(times: Iterable[Time | None]) -> Time:
    """One after the other, as far as they are known; the bound is that of most of the time."""
    by: defaultdict[str, float] = defaultdict(float)
    for each in times:
        if each is not None:
            by[each.bound] += each.seconds
    most = max(by, key=lambda bound: by[bound], default="")
    return Time(sum(by.values()), most)
