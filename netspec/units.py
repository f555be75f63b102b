"""Numbers and shapes as people read them: 25.56 M, 64×56×56."""

from __future__ import annotations

import re

from netspec.schema.layer import Shape
from netspec.schema.unsized import UNSIZED

PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))

UNKNOWN = "?"  # what stands where a number would be invented


def amount(number: float) -> str:
    """Three or four digits and an SI prefix: 25.56 M; whole numbers below 1,000 as they are."""
    for size, prefix in PREFIXES:
        if number >= 0.999995 * size:  # 999,996 is 1.00 M, not 1000.0 k
            scaled = number / size
            return f"{scaled:.2f} {prefix}" if scaled < 99.995 else f"{scaled:.1f} {prefix}"
    return f"{number:.4g}"


def measured(number: float, unit: str) -> str:
    """An amount with its unit behind the prefix: 249.1 MB, 448 B."""
    text = amount(number)
    return text + unit if text[-1].isalpha() else f"{text} {unit}"


def whole(shape: Shape) -> str:
    """A shape with its first axis: 1×64×56×56."""
    return UNKNOWN if shape is UNSIZED else "×".join(map(str, shape)) or "scalar"


def sizes(shape: Shape, batch: int | None) -> str:
    """A shape as papers write it, 64×56×56; whole and in brackets where axis 0 is no batch."""
    if shape is UNSIZED:
        return UNKNOWN
    if not shape:
        return "scalar"
    if shape[0] == batch:
        return "×".join(map(str, shape[1:])) or "1"
    return f"({', '.join(map(str, shape))})"


def quantity(text: str, unit: str = "") -> float:
    """The number that 6M, 2.5 G or 1GB stands for, with or without its unit.

    Raises ValueError. Ki, Mi and Gi are powers of 1024.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:([kKMGTP])(i?))?(\w*)\s*", text)
    if found is None or found[4] not in ("", unit):
        raise ValueError(f"expected a number such as 6M or 2.5G{unit}, found {text}")
    prefix = "kMGTP".find((found[2] or " ").replace("K", "k")) + 1
    return float(found[1]) * (1024.0 if found[3] else 1000.0) ** prefix
