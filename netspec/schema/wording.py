"""Words of diagnostics: shapes, how often, lists, and the article before a layer's type."""

from __future__ import annotations

from collections.abc import Sequence

SPOKEN_WITH_A_VOWEL = "AEFHILMNORSX"  # letters, spoken one by one: an LRN, an MVN


def spelled(shape: Sequence[int]) -> str:
    """A shape as diagnostics write it: 1 x 3 x 224 x 224."""
    return " x ".join(map(str, shape)) or "a single number"


def times(count: int) -> str:
    """How often: once, twice, 3 times."""
    return {0: "no times", 1: "once", 2: "twice"}.get(count, f"{count} times")


def a(kind: str) -> str:
    """A type with its article: a Pooling, an Eltwise, an LRN."""
    letters = kind[1:2].isupper()
    return f"{'an' if kind[:1] in (SPOKEN_WITH_A_VOWEL if letters else 'AEIOU') else 'a'} {kind}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """`conv1`, `conv1 and conv2`, `conv1, conv2 and conv3`."""
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
