"""Read logs of training, whoever wrote them."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.logs import caffe, json_lines
from netspec.logs.run import Run
from netspec.logs.told import gather

FIRST = 1000  # lines in which a log has to show what it is


def read_logs(paths: Sequence[Path], last: bool = False) -> list[Run]:
    """The runs of several logs, or the last one of each, each with a name of its own.

    Raises SpecError for all at once.
    """
    report, runs = Report(), []
    for path, name in zip(paths, tell_apart(paths)):
        try:
            found = read_log(path, name)[-1 if last else 0 :]
        except SpecError as error:
            report.extend(error.diagnostics)
            continue
        for i, run in enumerate(found, 1):
            run.name += f" ({i})" if len(found) > 1 else ""
        runs += found
    report.stop()
    return runs


def read_log(path: Path, name: str = "") -> list[Run]:
    """The runs of a log, in its order.

    Raises SpecError: C240 it cannot be read or tells of no training, C241 a line is damaged.
    """
    try:
        with path.open(encoding=_encoding(path), errors="replace") as file:
            first = [line for line, _ in zip(file, range(FIRST))]
            lines = chain(first, file)
            ours = any(map(json_lines.looks_like, first))
            told = json_lines.told(lines) if ours else caffe.told(lines)
            runs = gather(told, name or path.stem)
    except json_lines.Damaged as damage:
        message = f"line {damage.line:,} of {path} is no entry of a log"
        help = "an entry is one line of JSON with event and iteration: mend or remove the line"
        raise SpecError(Diagnostic("C241", message, None, help)) from None
    except OSError as error:
        raise SpecError(_unread(path, error.strerror or str(error))) from None
    if not runs:
        raise SpecError(_empty(path, first))
    return runs


def _encoding(path: Path) -> str:
    """PowerShell writes UTF-16 where a program's output is sent to a file."""
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"


def _unread(path: Path, reason: str) -> Diagnostic:
    help = "give the _log.jsonl that `netspec train` writes, or what `caffe train` put out"
    return Diagnostic("C240", f"cannot read the log {path}: {reason}", None, help)


def _empty(path: Path, first: list[str]) -> Diagnostic:
    if any(json_lines.looks_like(line) or caffe.looks_like(line) for line in first):
        message = f"the log {path} has no loss, learning rate or score yet"
        return Diagnostic("C240", message, None, "set display and test_interval in the solver file")
    return _unread(path, "it is no log of training")


def tell_apart(paths: Sequence[Path]) -> Iterator[str]:
    """What tells the files apart: their own names, or with as many folders as that takes."""
    for path in paths:
        for depth in range(1, len(path.parts) + 1):
            tail = path.parts[-depth:]
            if not any(other != path and other.parts[-depth:] == tail for other in paths):
                break
        yield str(Path(*tail).with_suffix("")).removesuffix("_log")
