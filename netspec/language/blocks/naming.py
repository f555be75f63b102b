"""The names of layers and blobs in a YAML spec, which follow from the blocks that they stand in.

Names are like file paths. In the block 3a/3x3, `conv` is 3a/3x3/conv, `.` is 3a/3x3, `../conv` is
3a/conv, and `/conv` is conv wherever it stands.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from netspec.language.blocks.values import Fault

Path = tuple[str, ...]

SHORT = {
    "BatchNorm": "bn",
    "Convolution": "conv",
    "Deconvolution": "deconv",
    "InnerProduct": "fc",
    "Pooling": "pool",
    "SoftmaxWithLoss": "loss",
}


def short_name(type: str) -> str:
    """What a layer is called that has no name of its own: `conv`, `bn`, `relu`."""
    return SHORT.get(type, type.lower())


def full_name(path: Path, own: str) -> str:
    """The name of a layer or blob that calls itself `own` in the block at `path`.

    Raises Fault where the name leads out of every block.
    """
    if own.startswith("/") and own != "/":
        return own[1:]
    while path and (own == ".." or own.startswith("../")):
        path, own = path[:-1], own[3:] or "."
    if own == "/" or (not path and is_path(own)):
        help = "`.` is the block around, `..` the one around that, `/name` stands at the top"
        raise Fault("N157", "the name leads out of every block", help)
    return "/".join(path if own == "." else (*path, own))


def block_path(name: str) -> Path:
    """The path of a block or branch with a full name."""
    return tuple(part for part in name.split("/") if part) or (name,)


def find_blob(path: Path, name: str, blobs: Container[str]) -> str:
    """The blob that `name` means: of the innermost block around that has one, else of the file."""
    if is_path(name):
        return full_name(path, name)
    for depth in range(len(path), 0, -1):
        if (found := full_name(path[:depth], name)) in blobs:
            return found
    return name


def is_path(name: str) -> bool:
    """Whether a name says where it belongs, instead of belonging to its block."""
    return name in (".", "..") or name.startswith(("/", "../"))


def written_name(name: str) -> str:
    """How a name is written at the top of a file, where it could be taken for a path."""
    return "/" + name if is_path(name) else name


@dataclass
class Numbering:
    """Gives out names to what has none: conv, conv_2, conv_3 within one block."""

    taken: set[str] = field(default_factory=set)
    counts: dict[tuple[Path, str], int] = field(default_factory=dict)

    def next(self, path: Path, short: str) -> str:
        """The first of short, short_2, short_3 ... that nothing in the block is called yet."""
        while True:
            count = self.counts[path, short] = self.counts.get((path, short), 0) + 1
            own = short if count == 1 else f"{short}_{count}"
            if full_name(path, own) not in self.taken:
                return own
