"""A layer on one line: its type, and what is set otherwise than by default."""

from __future__ import annotations

from netspec.schema.layer import Layer


def describe(layer: Layer) -> str:
    """A layer with what differs from the defaults: `Pooling[kernel=(3,), stride=(2,)]`."""
    written = [
        f"{s.name}={getattr(layer, s.name)!r}"
        for s in layer.settings.values()
        if getattr(layer, s.name) != s.default
    ]
    return type(layer).__name__ + (f"[{', '.join(written)}]" if written else "")
