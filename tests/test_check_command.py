"""`netspec check`: verdicts, states, solvers, what is piped in."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from some_files import NET, OLD, SOLVER, TYPO

import netspec
from tools.__main__ import main

TRAINABLE = (
    NET.replace("drop1", "loss")
    .replace("Dropout", "EuclideanLoss")
    .replace('bottom: "conv1"\n  top: "conv1"', 'bottom: "conv1"\n  bottom: "conv1"\n  top: "loss"')
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a net that is right and one that is wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "wrong.prototxt").write_text(TYPO)
    (tmp_path / "old.prototxt").write_text(OLD)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "latin1.prototxt").write_bytes(b'name: "caf\xe9"')
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["net.prototxt"], 0, "net.prototxt: ok, 3 layers in TRAIN, 2 layers in TEST"),
        (["net.prototxt", "--phase", "test"], 0, "net.prototxt: ok, 2 layers"),
        (["old.prototxt"], 0, "old.prototxt: ok, 2 layers"),
        (["wrong.prototxt"], 1, "wrong.prototxt: 1 error"),
        (["missing.prototxt"], 1, "missing.prototxt: 1 error"),
        (["latin1.prototxt"], 1, "latin1.prototxt: 1 error"),
        (["."], 1, ".: 1 error"),
        (["net.prototxt", "--shape", "dta=1,3,8,8"], 1, "net.prototxt: 1 error"),
        (["wrong.prototxt", "net.prototxt"], 1, "net.prototxt: ok, 3 layers in TRAIN"),
    ],
)
def test_check_gives_a_verdict(
    words: list[str], code: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *words]) == code
    out, err = capsys.readouterr()
    assert said in out
    assert bool(err) == (code == 1)


def test_check_counts_the_blocks_of_a_file_that_is_no_net(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "blocks.yaml").write_text("blocks: {a: {layers: [ReLU]}, b: {layers: [a]}}")
    (folder / "net.yaml").write_text("inputs: {x: [1]}\nblocks: {a: {layers: [ReLU]}}")
    assert main(["check", "blocks.yaml"]) == 0
    assert main(["check", "net.yaml"]) == 1
    assert capsys.readouterr().out == "blocks.yaml: ok, 2 blocks\nnet.yaml: 1 error\n"
    with pytest.raises(netspec.SpecError, match="the file has no layers"):
        netspec.load("blocks.yaml")


def test_check_proposes_a_name_or_lists_a_few(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.yaml").write_text(
        "layers:\n  - Data: {top: [a, b], source: x, batch_size: 1, transform_params: {}}\n"
        "  - Pooling: {kernel_size: 2, zzz: 3}\n"
    )
    (folder / "net.prototxt").write_text('layer { name: "a" type: "Dense" bottom: "b" top: "a" }')
    assert main(["check", "net.yaml", "net.prototxt"]) == 1
    said = capsys.readouterr().err
    assert "the nearest name is transform_param\n" in said
    assert re.search(r"its settings are \w+(, \w+){7} and \d+ more\n", said)
    assert "Caffe calls it InnerProduct" in said


@pytest.mark.parametrize(
    "text", [NET, "# a net\ninputs: {x: [1]}\nlayers: [ReLU]", "layers:\n  - 3"]
)
def test_check_reads_what_is_piped_in(
    text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["check", "-"]) == text.endswith("- 3")
    said, faults = capsys.readouterr()
    assert said.startswith("-: 1 error" if faults else "-: ok, ")
    assert ("<stdin>.yaml:2:5" in faults) == bool(faults)


def test_yaml_by_the_name_of_prototxt(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "net.prototxt").write_text("name: x\nlayers:\n  # a list\n  - ReLU\n")
    assert main(["check", "net.prototxt"]) == 1
    said, faults = capsys.readouterr()
    assert said == "net.prototxt: 1 error\n"
    assert "this looks like YAML" in faults
    assert "net.prototxt:2:1" in faults


def test_check_reads_solvers_and_their_nets(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.prototxt").write_text(TRAINABLE)
    assert main(["check", "solver.prototxt"]) == 0
    assert capsys.readouterr().out == "solver.prototxt: ok, 3 layers\n"
    (folder / "net.prototxt").write_text(TYPO)
    (folder / "solver.prototxt").write_text(SOLVER.replace("fixed", "fixd"))
    assert main(["check", "solver.prototxt"]) == 1
    assert "the nearest name is fixed" in capsys.readouterr().err


LEADS_NOWHERE = {  # the net that a solver names: what check says of it
    "nets.prototxt": "there is no file nets.prototxt here",
    "": "there is no file (empty name)",
    "specs": "specs is a folder, not a file",
    "latin1.prototxt": "the byte 0xE9 is not UTF-8",
}


@pytest.mark.parametrize("net", LEADS_NOWHERE)
@pytest.mark.parametrize("tests", ["", "test_iter: 1 test_interval: 1"])
def test_check_follows_the_paths_of_a_solver(
    net: str, tests: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "specs").mkdir()
    (folder / "solver.prototxt").write_text(SOLVER.replace("net.prototxt", net) + tests)
    assert main(["check", "solver.prototxt"]) == 1
    said = capsys.readouterr()
    assert said.err.count(f": {LEADS_NOWHERE[net]}") == 1
    assert said.out == "solver.prototxt: 1 error\n"


def test_a_fault_is_told_once_with_its_phase(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.prototxt").write_text(
        TYPO.replace('"conv1"\n  top: "conv1"\n  inc', '"c"\n  top: "c"\n  inc')
    )
    assert main(["check", "net.prototxt"]) == 1
    said = capsys.readouterr().err
    assert said.count("[N202]") == 1
    assert said.count("in TRAIN only") == said.count("[N301]") == 1


STAGES = NET.replace("include { phase: TRAIN }", 'include { stage: "a" } include { stage: "b" }')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STAGES, "ok, 2 layers in no stage, 3 layers in a"),
        (STAGES.replace('top: "conv1"\n  include', 'top: "d"\n  include'), "ok, 2 layers in no"),
        (STAGES.replace('bottom: "conv1"\n', 'bottom: "conv"\n'), "1 error"),  # in a stage only
        (NET.replace("phase: TRAIN", 'phase: TRAIN stage: "a"'), "ok, 2 layers in TRAIN"),
        (
            NET.replace('"data"\n  input', '"data"\n  include { stage: "a" }\n  input'),
            "ok, 3 layers in TRAIN a",
        ),
    ],
)
def test_check_looks_at_every_state(
    text: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.prototxt").write_text(text)
    assert main(["check", "net.prototxt"]) == ("error" in said)
    assert f"net.prototxt: {said}" in capsys.readouterr().out


def test_check_speaks_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "wrong.prototxt", "net.prototxt"]) == 1
    out, err = capsys.readouterr()
    first = json.loads(out)[0]
    assert err == ""
    assert (first["code"], first["severity"], first["file"]) == ("N202", "error", "wrong.prototxt")
    assert first["start"] == {"line": 14, "column": 37}
    assert first["end"] == {"line": 14, "column": 47}
    assert "kernel_size" in first["help"]
    assert main(["check", "--json", "net.prototxt"]) == 0
    assert json.loads(capsys.readouterr().out) == []
