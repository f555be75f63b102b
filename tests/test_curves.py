"""Curves of training: what is drawn of logs, and how the command shows and refuses it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from some_logs import NOW, OURS, read

from netspec.logs.choose import choose, smooth
from netspec.logs.picture import draw
from tools.__main__ import main


def test_smoothing_keeps_means_ends_and_gaps() -> None:
    level = np.full(50, 3.0)
    level[20] = math.nan
    smoothed = smooth(level, 7)
    assert math.isnan(smoothed[20])
    np.testing.assert_allclose(np.delete(smoothed, 20), 3.0)
    slope = smooth(np.arange(50.0), 5)
    np.testing.assert_allclose(slope[5:-5], np.arange(50.0)[5:-5])  # no lag
    noise = np.random.default_rng(0).normal(size=2000)
    assert smooth(noise, 25).std() < noise.std() / 4


@pytest.mark.parametrize(
    ("names", "panels"),
    [
        ([], {"loss": 2, "score": 2}),  # train and test; accuracy has two elements in the other
        (["lr"], {"lr": 2}),
        (["accuracy"], {"accuracy": 1}),
        (["acc", "loss1/loss"], {"acc": 1, "loss1/loss": 2}),
    ],
)
def test_what_is_drawn(names: Sequence[str], panels: dict[str, int], tmp_path: Path) -> None:
    first = read(NOW.replace("= 0.1\n", "= 0.1\nTest net output #1: top-5 = 0.2\n"), tmp_path)
    chosen = choose(first, names, "iterations")
    found = {panel.quantity: len(panel.lines) for panel in chosen}
    assert found == (panels if "lr" not in panels else {"lr": 1})


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("caffe.log").write_text(NOW)
    Path("ours_log.jsonl").write_text(OURS)
    logs = ["caffe.log", "ours_log.jsonl"]
    assert main(["plot", *logs]) == 0
    said = capsys.readouterr().out
    assert said.endswith("\ncurves.png\n")
    assert "\ncaffe\n  train loss " in said
    assert max(map(len, said.splitlines())) <= 80
    with Image.open("curves.png") as picture:
        colors = {color for _, color in picture.convert("RGB").getcolors(1 << 24) or []}
    assert {(0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)} <= colors  # a line of each run
    assert main(["plot", *logs, "--x", "seconds", "--y", "loss,lr", "-o", "a.svg"]) == 0
    assert main(["plot", *logs, "--x", "seconds", "--y", "loss,lr", "-o", "b.svg"]) == 0
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()
    capsys.readouterr()
    assert main(["plot", *logs, "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)
    assert [run["run"] for run in runs] == ["caffe", "ours"]
    assert main(["plot", *logs, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == sum(len(s["values"]) for run in runs for s in run["series"])
    assert rows[0] == {
        "run": "caffe", "of": "test net", "name": "accuracy",
        "iteration": "0", "seconds": "1.0", "value": "0.1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Iteration 0, loss = nan\n",
        "Iteration 0, lr = 0.01\n",
        "Iteration 7, Testing net\nTrain net output #0: x = 0\n",
        "Iteration 0, loss = 1e30\nIteration 1, loss = inf\nIteration 2, loss = 1e-30\n",
    ],
)
@pytest.mark.parametrize("ending", ["svg", "pdf"])
def test_whatever_a_log_tells_is_drawn(text: str, ending: str, tmp_path: Path) -> None:
    picture = tmp_path / f"c.{ending}"
    runs = read(text, tmp_path)
    draw(runs, choose(runs, [], "iterations"), picture)
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["caffe.log", "--x", "epochs"], "C243"),
        (["bare.log", "--x", "seconds"], "C243"),
        (["caffe.log", "--y", "acuracy"], "C242"),
        (["caffe.log", "-o", "c.bmp"], "C244"),
        (["caffe.log", "-o", "nowhere/c.png"], "D102"),
        (["caffe.log", "nowhere.log", "--x", "epochs"], "C240"),
    ],
)
def test_what_is_refused(
    words: list[str],
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("caffe.log").write_text(NOW)
    Path("bare.log").write_text("Iteration 0, loss = 1\n")
    assert main(["plot", *words]) == 1
    assert f"error[{code}]" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.png"))
