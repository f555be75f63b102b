"""Code of the user's own: files that declare layer types, and the permission for Python layers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def own_code(parser: argparse.ArgumentParser) -> None:
    """What may be run beside netspec itself: `options.imports`, `options.allow_python`."""
    help = "run a Python file that declares layer types of your own; may be repeated"
    parser.add_argument(
        "--import",
        dest="imports",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help=help,
    )
    help = "let Python layers run: they are programs, so only those that you trust"
    parser.add_argument("--allow-python", action="store_true", help=help)


@contextmanager
def in_force(options: argparse.Namespace) -> Iterator[None]:
    """The files are imported; inside, Python layers may run where that was said."""
    imports, allowed = getattr(options, "imports", ()), getattr(options, "allow_python", False)
    if not imports and not allowed:
        yield
        return
    from netspec.layers.python import allowing_python
    from netspec.own import import_file

    for path in imports:
        import_file(path)
    with allowing_python(allowed):
        yield
