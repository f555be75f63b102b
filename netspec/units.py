"""Large numbers as people read them: 25.56 M, 4.09 G."""

from __future__ import annotations

PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def amount(number: float) -> str:
    """Three to four digits and an SI prefix: 25.56 M; whole numbers below 1,000 as they are."""
    for size, prefix in PREFIXES:
        if number >= size:
            scaled = number / size
            return f"{scaled:.2f} {prefix}" if scaled < 100 else f"{scaled:.1f} {prefix}"
    return f"{number:g}"
