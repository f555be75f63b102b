"""What feeds a net that has data layers: sources, which read and transform ahead of time."""

from __future__ import annotations

from compiler.data.shard import shard
from compiler.data.source import Source
