"""What is said of one diagnostic code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A code, its title, why it is refused, and a wrong and a right example.

    `language` is what the examples are written in: prototxt, yaml, solver (a solver file),
    advice and rewrite (a net in YAML, of which advice is asked, or rewrites), or python (a program
    over the public face, for what no spec can show).
    """

    name: str
    title: str
    reason: str
    wrong: str
    right: str
    language: str = "prototxt"
