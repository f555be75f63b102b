"""A file read as text: UTF-8, of bounded size, and refused with a reason where it cannot be."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path

from netspec.diagnostics import Diagnostic, SpecError, nearest
from netspec.source import Source, Span

MAX_BYTES = 8 << 20  # four times the largest prototxt that we have seen
COMMENT = re.compile(rb"""(?:[^"'#\\]++|\\.|"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')*+#""")
WEIGHTS = "trained weights (.caffemodel, .caffemodel.h5, .safetensors) are given with --weights"


def read(path: str | os.PathLike[str], at: Span | None = None) -> Source:
    """The text of a file; `at` is where another file asks for it.

    Raises SpecError: N112 too large, N113 binary, N114 cannot be read, N115 not UTF-8.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        message = f"cannot read {path}: {reason}"
        raise SpecError(Diagnostic("N114", message, at, _near(path))) from None
    return decode(str(path), data, at)


def decode(path: str, data: bytes, at: Span | None = None) -> Source:
    """The text of what a file holds, of which more than MAX_BYTES need not be read.

    Raises SpecError: N112 too large, N113 binary, N115 not UTF-8.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SpecError(Diagnostic("N115", f"{path} is UTF-16 text", at, "save it as UTF-8"))
    if b"\0" in data:
        raise SpecError(Diagnostic("N113", f"{path} is a binary file, not text", at, WEIGHTS))
    if len(data) > MAX_BYTES:
        raise SpecError(
            Diagnostic("N112", f"{path} is larger than {MAX_BYTES:,} bytes", at, WEIGHTS)
        )
    try:
        return Source(path, _comments_readable(data).decode())
    except UnicodeDecodeError as error:
        source = Source(path, error.object.decode(errors="replace"))
        start = len(error.object[: error.start].decode())
        message = f"the byte 0x{error.object[error.start]:02X} is not UTF-8"
        place = Span(source, start, start + 1)
        raise SpecError(Diagnostic("N115", message, place, "save the file as UTF-8")) from None


def _comments_readable(data: bytes) -> bytes:
    """The text, with bytes of comments that are not UTF-8 as `\\xE9`; Caffe reads no comment."""
    try:
        data.decode()
        return data
    except UnicodeDecodeError:
        return b"\n".join(map(_comment_readable, data.split(b"\n")))


def _comment_readable(line: bytes) -> bytes:
    found = COMMENT.match(line)
    if found is None:
        return line
    comment = line[found.end() :].decode(errors="backslashreplace")
    return line[: found.end()] + comment.encode()


def _near(path: Path) -> str:
    """What stands where the file was looked for."""
    if os.path.isdir(path):
        return "give a file in that directory"
    if not os.path.isdir(path.parent):
        return f"there is no directory {path.parent}"
    try:
        return nearest(path.name, os.listdir(path.parent))
    except OSError:
        return ""


def require_readable(source: Source) -> None:
    """Refuse a text that `read` would have refused as a file. Raises SpecError as `read` does."""
    text = source.text
    if len(text) > MAX_BYTES:
        message = f"the text has {len(text):,} characters, more than {MAX_BYTES:,}"
        raise SpecError(Diagnostic("N112", message, Span(source, 0, 0), WEIGHTS))
    if "\0" in text:
        at = text.index("\0")
        place = Span(source, at, at + 1)
        raise SpecError(Diagnostic("N113", "this is binary data, not text", place, WEIGHTS))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = Span(source, error.start, error.start + 1)
        message = f"U+{ord(text[error.start]):04X} is half a character"
        raise SpecError(Diagnostic("N115", message, place, "save the text as UTF-8")) from None
