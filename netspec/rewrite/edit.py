"""What a rewrite does to the layers of a net: vary them, add some behind one, replace some.

An edit speaks of nodes of a graph, and of settings by their names in the file; it does not know in
which language the file is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from netspec.graph import Node
from netspec.language.tree import Message


@dataclass(frozen=True)
class Same:
    """The value that another layer's setting has; where it is an expression, that expression."""

    layer: Node
    setting: str
    value: str


Settings: TypeAlias = Mapping[str, str | Same | None]
"""Settings by name, each as prototxt writes it; None leaves one out."""


@dataclass(frozen=True)
class Variation:
    """A copy of some layers: `settings` by the layer's name, `suffix` behind the copies' names.

    The last variation of an edit has no suffix: it keeps the names, which others refer to. `params`
    says how many of a layer's `param` are left, by its name, where some are to go.
    """

    suffix: str = ""
    settings: Mapping[str, Settings] = field(default_factory=dict)
    params: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Vary:
    """Layers that follow one another give way to copies of themselves, one after the other.

    Without variations they go, and whatever read the last of them reads what the first one read.
    """

    unit: tuple[Node, ...]
    variations: tuple[Variation, ...]


@dataclass(frozen=True)
class Fresh:
    """A layer that works in place: its type, a suffix to the name before it, its settings."""

    type: str
    suffix: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Insert:
    """New layers behind a layer: such as work on its top, or whole ones that say what they read."""

    after: Node
    layers: tuple[Fresh | Message, ...]


@dataclass(frozen=True)
class Replace:
    """Layers give way to others, which stand where the first of them stood.

    `reads` says which blobs whatever comes later reads in the place of others. The layers in `made`
    have names, bottoms and tops.
    """

    gone: tuple[Node, ...]
    made: tuple[Message, ...]
    reads: Mapping[str, str] = field(default_factory=dict)


Edit: TypeAlias = Vary | Insert | Replace


def touched(edit: Edit) -> tuple[Node, ...]:
    """The layers that an edit changes or takes away."""
    match edit:
        case Vary():
            return edit.unit
        case Insert():
            return (edit.after,)
        case Replace():
            return edit.gone
