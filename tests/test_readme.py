"""README holds what it says: its files are written, its commands and programs run, in its order."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from PIL import Image
from shown import ROOT, agrees, blocks, commands, run, set_up

from netspec.layers import LAYERS
from netspec.records.database import item_datum, open_database
from netspec.schema.page import markdown_table

README = (ROOT / "README.md").read_text(encoding="utf-8")


BLOCKS = blocks(README)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands need, and the files that README tells its reader to write."""
    folder = tmp_path_factory.mktemp("readme")
    set_up(README, folder)
    digits = open_database(str(folder / "specs/digits/data/test_lmdb"), "LMDB")
    digit = item_datum(digits[0], "test_lmdb")
    digits.close()
    small = Image.frombytes("L", (8, 8), bytes(digit.data))
    small.resize((64, 64), Image.Resampling.NEAREST).save(folder / "own" / "photo.png")
    (folder / "own" / "label").write_text(str(digit.label))
    return folder


def test_commands_print_what_is_shown(folder: Path) -> None:
    digit = (folder / "own" / "label").read_text()
    printed = iter(("torch.Size([60, 10])", f"tensor([{digit}])"))  # by the programs
    for block in BLOCKS:
        if block.language == "console":
            for command, shown in commands(block):
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
    page = (ROOT / "netspec" / "guide" / "layers.md").read_text(encoding="utf-8")
    table = page.partition("<!-- layers -->\n")[2].partition("<!-- /layers -->")[0]
    assert table.strip() == markdown_table(LAYERS.values())


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:netspec|compiler|tools|specs)/[\w./-]*)`", README)))
)
def test_the_map_names_what_is_there(path: str) -> None:
    assert (ROOT / path).exists()
