"""The command line, `netspec COMMAND ...`: each command is the module of its name."""

from __future__ import annotations

import argparse
import ast
import errno
import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path
from textwrap import fill
from types import ModuleType
from typing import TextIO

from tools.completion import SHELLS, completion
from tools.own_code import in_force
from tools.plain_text import write_plainly
from tools.show import show

COMMANDS = {
    "write": ("check", "explain", "guide", "layers", "expand", "convert", "upgrade", "deploy"),
    "see": ("summary", "draw", "states", "diff", "plot"),
    "improve": ("cost", "compare", "calibrate", "bottlenecks", "advise", "rewrite"),
    "run": ("data", "train", "test", "weights", "verify", "finetune", "time", "devices"),
}
NAMES = tuple(name for group in COMMANDS.values() for name in group)
ROOM = max(map(len, NAMES))
INTERRUPTED, PIPE_CLOSED, FAULT = 130, 141, 70  # as shells count SIGINT and SIGPIPE; sysexits.h

OUTPUT_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def main(argv: list[str] | None = None) -> int:
    """Run a command. The exit code is 0, 1 for faults in what was given, 2 for bad usage."""
    sys.stdout = sys.stdout or _nowhere()  # None where the shell closed it: >&-
    sys.stderr = sys.stderr or _nowhere()
    write_plainly(sys.stdout)
    write_plainly(sys.stderr)
    try:
        return _dispatch(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        if argv is None:  # the process ends, and torch's end is not to be broken off
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _dispatch(words: list[str]) -> int:
    front = _front()
    asked = front.parse_args(words[: 2 if words[:1] == ["--print-completion"] else 1])
    if asked.version:
        import netspec

        print(f"netspec {netspec.__version__}")
        return 0
    if asked.print_completion:
        about = {name: docstring(name)[0] for name in NAMES}
        print(completion(asked.print_completion, about))
        return 0
    if asked.command is None:
        front.print_help()
        return 0
    if asked.command not in NAMES:
        from netspec.diagnostics import nearest

        help = nearest(asked.command, NAMES) or "`netspec --help` lists the commands"
        front.error(f"there is no command {asked.command}; {help}")
    command = import_module(f"tools.{asked.command}")
    given = argparse.Namespace(words=words)
    options = _parser(asked.command, command).parse_args(words[1:], given)
    return _run(command, options)


def _run(command: ModuleType, options: argparse.Namespace) -> int:
    """Run a command; what the user gave it wrong is said without a traceback."""
    from netspec.diagnostics import SpecError

    try:
        with in_force(options):
            code: int = command.run(options)
        sys.stdout.flush()
        return code
    except SpecError as error:
        show(error.diagnostics, getattr(options, "json", getattr(options, "format", "") == "json"))
        return 1
    except BrokenPipeError:  # whoever read our output has seen enough
        _drop_output()
        return PIPE_CLOSED
    except OSError as error:
        if error.errno in OUTPUT_FULL and error.filename is None:
            _drop_output()
            print(f"netspec: cannot write the output: {error.strerror}", file=sys.stderr)
            return 1
        if error.filename is None:
            return _fault()
        print(f"netspec: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if error.name != "torch":
            return _fault()
        print("netspec: this needs torch: pip install torch", file=sys.stderr)
        return 1
    except Exception:
        return _fault()


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def _drop_output() -> None:
    """What is still to be written goes nowhere, so that Python's end does not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fault() -> int:
    traceback.print_exc()
    print("netspec: this is a fault of netspec itself; please report the above", file=sys.stderr)
    return FAULT


def _front() -> argparse.ArgumentParser:
    lines = []
    for group, names in COMMANDS.items():
        lines += [f"{group}:", *(_listed(name) for name in names), ""]
    parser = argparse.ArgumentParser(
        prog="netspec",
        usage="netspec COMMAND ...",
        description="Networks written as text, in Caffe's prototxt or in YAML with blocks.",
        epilog="\n".join([*lines, "`netspec COMMAND --help` says how a command is used."]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    help = "print a script that completes commands, options and files"
    parser.add_argument("--print-completion", choices=SHELLS, help=help)
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    return parser


def _parser(name: str, command: ModuleType) -> argparse.ArgumentParser:
    first, rest = docstring(name)
    parser = argparse.ArgumentParser(
        prog=f"netspec {name}",
        description=fill(first, 80),
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.arguments(parser)
    return parser


def _listed(name: str) -> str:
    indent = " " * 15
    return (
        f"  {name:<13}"
        + fill(docstring(name)[0], 80, initial_indent=indent, subsequent_indent=indent).lstrip()
    )


def docstring(name: str) -> tuple[str, str]:
    """The first line of a command's docstring and the rest, read without running its imports."""
    text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    first, *rest = (ast.get_docstring(ast.parse(text), clean=False) or "").strip("\n").split("\n\n")
    return first, "\n\n".join(p if p.startswith(" ") else fill(p, 80) for p in rest)


if __name__ == "__main__":
    sys.exit(main())
