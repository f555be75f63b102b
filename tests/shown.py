"""A page of documentation as a program: its files are written, its commands run, in its order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
UNRUN = ("sh", "text")  # what needs a GPU or a cluster, and what is only to be read


class Block(NamedTuple):
    """A fenced block: ```language name."""

    language: str
    name: str
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(*b) for b in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", page, re.M | re.S)]


def commands(block: Block) -> list[tuple[str, str]]:
    """Each command of a console block, and what it is said to print."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.M)


def set_up(page: str, folder: Path) -> None:
    """What the commands of a page need: specs/, `netspec`, and the files that the page shows."""
    shutil.copytree(ROOT / "specs", folder / "specs")
    program = folder / "bin" / "netspec"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tools "$@"\n')
    program.chmod(0o755)
    for block in blocks(page):
        if block.name:
            (folder / block.name).parent.mkdir(exist_ok=True, parents=True)
            (folder / block.name).write_text(block.text, encoding="utf-8")


def run(command: str, folder: Path) -> str:
    """What a command prints, on both channels."""
    env = {
        **os.environ,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "80",
        "OMP_NUM_THREADS": "1",  # tests run side by side
    }
    done = subprocess.run(
        ["bash", "-c", f"{command} 2>&1"], cwd=folder, env=env, stdout=subprocess.PIPE, timeout=600
    )
    return done.stdout.decode()


def agrees(said: str, shown: str) -> bool:
    """Whether an output is the one shown, in which `...` stands for anything."""
    pattern = re.sub(r"([*?[])", r"[\1]", shown.strip()).replace("...", "*")
    return fnmatchcase(said.strip(), pattern)
