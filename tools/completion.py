"""What a shell completes after `netspec`: commands, their options, files."""

from __future__ import annotations

import argparse
from importlib import import_module

SHELLS = ("bash", "zsh", "fish")


def completion(shell: str, about: dict[str, str]) -> str:
    """The script for a shell, of commands and what each is about."""
    import shtab

    parser = argparse.ArgumentParser(prog="netspec")
    commands = parser.add_subparsers()
    for name, told in about.items():
        command = commands.add_parser(name, help=told, description=told)
        import_module(f"tools.{name}").arguments(command)
    _take_files(parser)
    script: str = shtab.complete(parser, shell=shell)
    return script


def _take_files(parser: argparse.ArgumentParser) -> None:
    """Let every argument that is a path complete to files."""
    import shtab

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in dict.fromkeys(action.choices.values()):
                _take_files(command)
        elif getattr(action.type, "__name__", "") == "Path":
            action.complete = shtab.FILE  # type: ignore[attr-defined]
