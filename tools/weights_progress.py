"""A bar that moves with every blob that is read of a weights file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from compiler.weights.stored import StoredBlob, StoredLayer


@contextmanager
def watched(layers: Sequence[StoredLayer], what: str) -> Iterator[Sequence[StoredLayer]]:
    """The same layers, with a bar on a terminal."""
    if not sys.stderr.isatty():
        yield layers
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=sum(len(layer.blobs) for layer in layers))

        def moving(blob: StoredBlob) -> StoredBlob:
            return replace(blob, read=_then(blob.read, lambda: bar.advance(task)))

        yield [
            replace(layer, blobs={i: moving(blob) for i, blob in layer.blobs.items()})
            for layer in layers
        ]


def _then(read: Callable[[], Tensor], after: Callable[[], None]) -> Callable[[], Tensor]:
    def run() -> Tensor:
        values = read()
        after()
        return values

    return run
