"""Amounts of passes as text: with units, and with what is unknown said to be unknown."""

from __future__ import annotations

from netspec.analysis.passes import Pass
from netspec.analysis.roofline import Time
from netspec.units import UNKNOWN, measured

AT_LEAST = "≥ "
UNITS = (("macs", ""), ("flops", ""), ("moved", "B"))


def count(number: float, unit: str = "") -> str:
    """An amount; nothing for none."""
    return measured(number, unit).rstrip() if number else ""


def amounts(of: Pass) -> tuple[str, str, str]:
    """MACs, FLOPs and bytes; `≥ ` where more is not known, `?` where nothing is."""
    macs, flops, moved = (_amount(of, name, unit) for name, unit in UNITS)
    return macs, flops, moved


def _amount(of: Pass, name: str, unit: str) -> str:
    number = getattr(of, name)
    if name not in of.unknown:
        return count(number, unit)
    return AT_LEAST + count(number, unit) if number else UNKNOWN


def intensity(of: Pass) -> str:
    """FLOPs for each byte."""
    return f"{of.intensity:.1f}" if of.intensity else ""


def seconds(time: Time | None) -> str:
    """A time with its unit: 1.25 ms."""
    if time is None:
        return UNKNOWN
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")):
        share = time.seconds / size
        if share >= 0.9995:
            return f"{share:.3g} {unit}" if share < 999.5 else f"{share:.0f} {unit}"
    return ""
