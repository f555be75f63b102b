"""A tar file of samples, read by its headers alone: where each file in it begins and ends.

Files that follow one another and are called alike up to the first dot make one sample, as in
WebDataset: 000007.jpg and 000007.cls. Nothing is unpacked, and little is kept in memory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from netspec.records.unreadable import Unreadable

BLOCK = 512
FILE, LONG_NAME, EXTENDED = (b"0", b"\0", b"7"), b"L", b"x"
LONGEST = 2**16  # bytes of a header's own text
KEY = re.compile(r"((?:.*/)?[^./][^./]*)\.([^/]+)\Z", re.DOTALL)
PAX = re.compile(rb"\d+ (path|size)=([^\n]*)\n")
IMAGES = ("jpg", "jpeg", "png", "ppm", "pgm", "bmp", "tif", "tiff", "webp", "jp2")
HELP = "make the shard anew, or copy it again"


class Extent(NamedTuple):
    """A file within a tar file."""

    offset: int
    size: int


class Sample(NamedTuple):
    """`files` are by their endings, in lower case."""

    key: str
    shard: str
    files: Mapping[str, Extent]

    @property
    def what(self) -> str:
        return f"sample {self.key} of {self.shard}"

    def place(self) -> str:
        """Where it begins."""
        return f"at byte {min(e.offset for e in self.files.values()) - BLOCK:,} of {self.shard}"

    def read(self, ending: str) -> bytes:
        """The file with this ending; raises Unreadable (C360)."""
        offset, size = self.files[ending]
        try:
            with open(self.shard, "rb", buffering=0) as file:
                content = os.pread(file.fileno(), size, offset)
        except OSError as wrong:
            raise _unopened(self.shard, wrong) from None
        if len(content) != size:
            raise Unreadable("C360", f"{self.what} is cut off at byte {offset:,}", HELP)
        return content

    @property
    def image(self) -> bytes:
        """The encoded image; raises Unreadable (C360, C361)."""
        ending = next((e for e in self.files if e.rpartition(".")[2] in IMAGES), None)
        if ending is None:
            message = f"{self.what} has no image: it has {', '.join(self.files)}"
            raise Unreadable("C361", message, f"an image ends in {', '.join(IMAGES)}")
        return self.read(ending)

    def label(self, ending: str) -> int:
        """The whole number in a file; raises Unreadable (C360, C361)."""
        if ending not in self.files:
            message = f"{self.what} has no {ending}: it has {', '.join(self.files)}"
            raise Unreadable("C361", message, "label says the ending of the files with labels")
        text = self.read(ending)[:LONGEST].decode("utf-8", "backslashreplace").strip()
        if not re.fullmatch(r"[+-]?[0-9]{1,10}", text):
            message = f"the {ending} of {self.what} is no whole number: {text[:40]}"
            raise Unreadable("C361", message, "a label is the number of a class, from 0")
        return int(text)


def samples(path: str) -> Iterator[Sample]:
    """The samples of a tar file in turn; raises Unreadable (C301, C360)."""
    key, files = "", dict[str, Extent]()
    for name, extent in _members(path):
        match = KEY.match(name)
        if match is None:
            continue
        if match[1] != key and files:
            yield Sample(key, path, files)
            files = {}
        key = match[1]
        files[match[2].lower()] = extent
    if files:
        yield Sample(key, path, files)


def _members(path: str) -> Iterator[tuple[str, Extent]]:
    try:
        with open(path, "rb", buffering=2**18) as file:
            yield from _walk(file, path, os.fstat(file.fileno()).st_size)
    except OSError as wrong:
        raise _unopened(path, wrong) from None


def _walk(file: BinaryIO, path: str, end: int) -> Iterator[tuple[str, Extent]]:
    said: dict[bytes, bytes] = {}  # of the next file, by the headers before it
    while len(header := file.read(BLOCK)) == BLOCK and header.strip(b"\0"):
        at = file.tell()
        kind = header[156:157]
        size = _number(header[124:136], path, at - BLOCK)
        if kind in FILE and b"size" in said:
            size = int(said[b"size"]) if said[b"size"].isdigit() else -1
        if not _checked(header) or not 0 <= size <= end - at:
            cut = f"cut off at byte {end:,}"
            why = cut if _checked(header) else f"no tar file, or damaged, at byte {at - BLOCK:,}"
            raise Unreadable("C360", f"{path} is {why}", HELP)
        if kind in (LONG_NAME, EXTENDED):
            text = file.read(min(size, LONGEST))
            said |= {b"path": text.rstrip(b"\0")} if kind == LONG_NAME else dict(PAX.findall(text))
        elif kind in FILE:
            name = said.get(b"path") or _name(header)
            yield name.decode("utf-8", "surrogateescape"), Extent(at, size)
        if kind not in (LONG_NAME, EXTENDED):
            said = {}
        file.seek(at + -(-size // BLOCK) * BLOCK)
    if len(header) < BLOCK:  # an empty block is at the end of every tar file
        raise Unreadable("C360", f"{path} is cut off at byte {end:,}", HELP)


def _name(header: bytes) -> bytes:
    name, prefix = (part.partition(b"\0")[0] for part in (header[:100], header[345:500]))
    return prefix + b"/" + name if prefix and header[257:262] == b"ustar" else name


def _number(field: bytes, path: str, at: int) -> int:
    """Octal, or from 8 GiB on with the first bit set and the rest plain."""
    if field[0] & 0x80:
        return int.from_bytes(field, "big") & ~(0x80 << 88)
    try:
        return int(field.strip(b"\0 ") or b"0", 8)
    except ValueError:
        message = f"{path} is no tar file, or damaged, at byte {at:,}"
        raise Unreadable("C360", message, HELP) from None


def _checked(header: bytes) -> bool:
    try:
        return sum(header) - sum(header[148:156]) + 8 * 32 == int(header[148:156].strip(b"\0 "), 8)
    except ValueError:
        return False


def _unopened(path: str, wrong: OSError) -> Unreadable:
    help = "source names tar files; paths are relative to the working directory"
    return Unreadable("C301", f"the shard {path} cannot be read ({wrong.strerror})", help)


def names_shards(source: str) -> bool:
    """Whether it is tar files, or a pattern of them, and not a list."""
    return source.endswith(".tar")


def shard_paths(source: str) -> list[str]:
    """The tar files that a source names: `train-{000..099}.tar`, one file, or a list, one a line.

    Several patterns have blanks between them. Raises Unreadable (C301, C304, C305).
    """
    if names_shards(source):
        patterns = [source] if Path(source).exists() else source.split()
        return [path for pattern in patterns for path in _expand(pattern)]
    try:
        text = Path(source).read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        help = "source is train-{000..099}.tar, or a file that names a shard on each line"
        raise Unreadable("C301", f"the list {source} cannot be read ({reason})", help) from None
    found = [path for line in text.splitlines() for path in _expand(line.strip()) if line.strip()]
    if not found:
        raise Unreadable("C304", f"the list {source} is empty", "name a shard on each line")
    return found


RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}|\{([^{}.]*,[^{}]*)\}")
MOST = 1_000_000


def _expand(pattern: str) -> list[str]:
    """As bash does it: {000..099} counts, with zeros in front, and {a,b} names both."""
    found = RANGE.search(pattern)
    if found is None:
        if "{" in pattern:
            message = f"{pattern} is no pattern of shards"
            raise Unreadable("C305", message, "write train-{000..099}.tar")
        return [pattern]
    if found[3] is not None:
        each = found[3].split(",")
    else:
        first, last = int(found[1]), int(found[2])
        if not first <= last < first + MOST:
            message = f"{found[0]} counts down, or past a million"
            raise Unreadable("C305", message, "write train-{000..099}.tar")
        each = [str(i).zfill(len(found[1])) for i in range(first, last + 1)]
    return [
        path
        for word in each
        for path in _expand(pattern[: found.start()] + word + pattern[found.end() :])
    ]
