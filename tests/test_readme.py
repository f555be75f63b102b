"""README holds what it says: its files are written, its commands and programs run, in its order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from netspec.layers import LAYERS
from netspec.records.database import item_datum, open_database
from netspec.schema.page import markdown_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


class Block(NamedTuple):
    """A fenced block: ```language name."""

    language: str
    name: str
    text: str


BLOCKS = [
    Block(*found) for found in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", README, re.M | re.S)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands need, and the files that README tells its reader to write."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "specs", folder / "specs")
    program = folder / "bin" / "netspec"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tools "$@"\n')
    program.chmod(0o755)
    for block in BLOCKS:
        if block.name:
            (folder / block.name).parent.mkdir(exist_ok=True)
            (folder / block.name).write_text(block.text, encoding="utf-8")
    digits = open_database(str(folder / "specs/digits/data/test_lmdb"), "LMDB")
    digit = item_datum(digits[0], "test_lmdb")
    digits.close()
    small = Image.frombytes("L", (8, 8), bytes(digit.data))
    small.resize((64, 64), Image.Resampling.NEAREST).save(folder / "own" / "photo.png")
    (folder / "own" / "label").write_text(str(digit.label))
    return folder


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


def test_commands_print_what_is_shown(folder: Path) -> None:
    digit = (folder / "own" / "label").read_text()
    printed = iter(("torch.Size([60, 10])", f"tensor([{digit}])"))  # by the programs
    for block in BLOCKS:
        if block.language == "console":
            for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.M):
                said = run(command, folder)
                assert agrees(said, shown), f"{command}\n{said}"
        elif block.language == "python":
            (folder / "program.py").write_text(block.text)
            said = run(f"{sys.executable} program.py", folder)
            assert next(printed) in said, said
    assert next(printed, None) is None


def test_the_demo_ends_with_the_accuracy_and_the_paths(folder: Path) -> None:
    said = run(
        f"make --no-print-directory -f {ROOT / 'Makefile'} -o .venv/ready BIN=bin demo", folder
    )
    found = re.search(r"^accuracy = (\S+)\n(?:.*\n)?((?:[a-z]+ +\S+\n){5})\Z", said, re.M)
    assert found, said
    assert float(found[1]) >= 0.97
    for line in found[2].splitlines():
        assert (folder / line.split()[1]).stat().st_size > 1000


def test_every_block_is_a_file_or_is_run() -> None:
    assert all(b.name or b.language in ("console", "python") for b in BLOCKS)
    assert {b.language for b in BLOCKS} == {"yaml", "prototxt", "console", "python"}


def test_the_diagram_is_of_the_network_that_is_shown(folder: Path) -> None:
    words = "draw own/net.yaml --phase TRAIN --direction LR -o drawn.svg"
    run(f"netspec {words}", folder)

    def texts(path: Path) -> list[str]:
        return re.findall(r"<text[^>]*>(.*?)</text>", path.read_text(encoding="utf-8"))

    assert texts(folder / "drawn.svg") == texts(ROOT / "specs" / "digits" / "residuals.svg") != []


def test_the_table_of_layers_is_the_code_s() -> None:
    """To renew it: netspec layers --markdown."""
    table = README.partition("<!-- layers -->\n")[2].partition("<!-- /layers -->")[0]
    assert table.strip() == markdown_table(LAYERS.values())


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:netspec|compiler|tools|specs)/[\w./-]*)`", README)))
)
def test_the_map_names_what_is_there(path: str) -> None:
    assert (ROOT / path).exists()
