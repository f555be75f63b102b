"""Fine-tuning by commands, from a trained net to one of other classes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import compiler
import netspec
from tools.__main__ import main

ROOT = Path(__file__).parents[1]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "specs/digits", tmp_path / "specs/digits")

    def command(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        return code, *capsys.readouterr()

    return command


def test_from_a_trained_net_to_another_by_commands(run: Run, tmp_path: Path) -> None:
    torch.manual_seed(1)
    graph = netspec.load("specs/digits/lenet.yaml", "TRAIN")
    trained = compiler.compile(graph)
    compiler.save_weights(trained, "trained.caffemodel")
    code, out, err = run(
        "finetune", "specs/digits/lenet.yaml", "--classes", "10", "--weights", "trained.caffemodel",
        "--freeze", "pool2", "--iterations", "6",
    )  # fmt: skip
    assert code == 0, err
    assert "head    ip2 -> ip2_ft" in out
    assert "netspec train --solver lenet_ft_solver.prototxt" in out
    assert all(len(line) <= 80 for line in out.splitlines() if not line.startswith("netspec"))
    code, out, err = run("check", "lenet_ft.yaml", "lenet_ft_solver.prototxt")
    assert code == 0, out + err
    code, out, err = run("train", "--solver", "lenet_ft_solver.prototxt", "--device", "cpu")
    assert code == 0, err
    assert "3 layers loaded" in err
    assert "ip2_ft" in err
    done = compiler.compile(netspec.load("lenet_ft.yaml", "TRAIN"))
    compiler.load_weights(done, "lenet_ft_iter_6.caffemodel")
    before, after = compiler.blobs(trained), compiler.blobs(done)
    for name in ("conv1", "conv2"):
        assert all(torch.equal(a, b) for a, b in zip(before[name], after[name])), "it is frozen"
    assert not torch.equal(before["ip1"][0], after["ip1"][0])


def test_mistakes_end_without_files(run: Run, tmp_path: Path) -> None:
    code, _, err = run("finetune", "specs/digits/lenet.yaml", "--classes", "5", "--freeze", "conv9")
    assert code == 1
    assert "C261" in err
    assert "conv" in err
    assert not list(tmp_path.glob("lenet_ft*"))
    words = ["specs/digits/lenet.yaml", "--classes", "5", "-o", "specs/digits/lenet.yaml"]
    code, _, err = run("finetune", *words)
    assert code == 1
    assert "it is the net that is given" in err
