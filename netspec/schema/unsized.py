"""The shape that is not known: of what an unknown layer makes, and of all that is computed from it.

Only a sketch of a net has such shapes (`netspec.build.sketch`); a Graph that runs has none.
"""

from __future__ import annotations


class Unsized(tuple[int, ...]):
    """A Shape without axes that is not a single number's; there is one, UNSIZED."""

    def __new__(cls) -> Unsized:
        return super().__new__(cls)

    def __repr__(self) -> str:
        return "UNSIZED"

    def __str__(self) -> str:
        return "?"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)


UNSIZED = Unsized()
