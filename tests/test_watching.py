"""Those who watch a training: lines as glog writes them, and event files for TensorBoard."""

from __future__ import annotations

import json
import math
import re
from contextlib import nullcontext
from pathlib import Path

import pytest
import tiny_training as tiny
import torch
from little_disk import largest_file
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import netspec
from compiler.training import events
from compiler.training.evaluate import Scores
from compiler.training.log import Log
from compiler.training.plain import Plain
from compiler.training.tensorboard import TensorBoard
from netspec.logs import read_log
from netspec.logs.run import Key, Run
from tools.__main__ import main

COUNTS = {"loss": 1.0}


def training(first: int = 0, last: int = 40) -> list[events.Event]:
    """What a training tells, from an iteration on."""
    told: list[events.Event] = [
        events.Started(first, last, "tiny", "solver.prototxt", "fixed", 50, 1000)
    ]
    for i in range(first, last + 1, 10):
        if i % 20 == 0:
            outputs = {"accuracy": [1 - 0.5**i], "each": [0.25, i / 100], "loss": [3.0**-i]}
            told += [
                events.Testing(i, 1),
                events.Tested(i, 1, Scores(5, 3.0**-i, outputs, COUNTS), True),
            ]
        loss = 2.5 / (1 + i)
        told.append(
            events.Displayed(i, loss, 0.01, {"loss": [loss / 2]}, COUNTS, 2.0, 10, 10, 0.5, 3)
        )
        told.append(events.Stepped(i + 1, torch.tensor(loss)))
    told.append(events.Noted(last, "the rate is lowered"))
    return [
        *told,
        events.Snapshotted(last, "a.caffemodel", "a.solverstate"),
        events.Ended(last, False, 4),
    ]


def test_event_files_are_what_tensorboard_reads(tmp_path: Path) -> None:
    for first in (0, 20):  # the second goes on from a snapshot, and what came after it is void
        board = TensorBoard(tmp_path / "runs")
        for event in training(first):
            board(event)
    found = EventAccumulator(str(tmp_path / "runs"), purge_orphaned_data=True).Reload()
    assert set(found.Tags()["scalars"]) == {
        "train/loss",
        "train/lr",
        "train net/loss",
        "test net #1/accuracy",
        "test net #1/each[0]",
        "test net #1/each[1]",
        "test net #1/loss",
        "speed/images per second",
        "speed/data wait",
        "data/skipped records",
    }
    losses = found.Scalars("train/loss")
    assert [point.step for point in losses] == [0, 10, 20, 30, 40]
    assert [point.value for point in losses] == pytest.approx([2.5 / (1 + p.step) for p in losses])
    assert found.Scalars("speed/images per second")[1].value == 250
    assert found.Scalars("speed/data wait")[1].value == 0.25


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, -1e300, 1e-300])
def test_numbers_past_the_range_of_float32(value: float, tmp_path: Path) -> None:
    board = TensorBoard(tmp_path)
    board(events.Started(0, 1, "", "", "", 0))
    board(events.Displayed(0, value, None, {}, {}, 0.0, 0, 1))
    (point,) = EventAccumulator(str(tmp_path)).Reload().Scalars("train/loss")
    assert str(point.value) == str(float(torch.tensor(value)))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(netspec.SpecError, match="--tensorboard"):
        TensorBoard(tmp_path / "runs")(training()[0])


@pytest.mark.parametrize("room", [300, 700, 1500])
def test_what_a_full_disk_does_not_take_is_written_when_there_is_room(
    room: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watchers: list[events.Watcher] = [Log(tmp_path / "a.jsonl"), TensorBoard(tmp_path / "a")]
    whole: list[events.Watcher] = [Log(tmp_path / "b.jsonl"), TensorBoard(tmp_path / "b")]
    told = training()
    for event in told:
        first, last = isinstance(event, events.Started), isinstance(event, events.Ended)
        for watcher in watchers:
            with nullcontext() if first or last else largest_file(room):
                watcher(event)
        for watcher in whole:
            watcher(event)
    mine, theirs = (
        (
            re.sub(r'"time": [\d.]+', "", (tmp_path / f"{name}.jsonl").read_text()),
            curves(tmp_path / name),
        )
        for name in "ab"
    )
    assert mine == theirs
    assert "a.jsonl waits until it can be written: File too large" in capsys.readouterr().err


def test_what_a_disk_has_no_room_for_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log(tmp_path / "a.jsonl")
    first, *rest = training()
    log(first)
    with largest_file(0):
        for event in rest:
            log(event)
    assert re.search(r"a.jsonl lacks its last [\d,]+ bytes", capsys.readouterr().err)
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 1


PHOTOS = """
layer { name: "data" type: "ImageData" top: "data" top: "label"
  image_data_param { source: "list.txt" batch_size: 4 is_color: false broken: SKIP } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


def test_records_that_are_skipped_are_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("L", (4, 4), 9).save("good.png")
    Path("bad.png").write_bytes(Path("good.png").read_bytes()[:30])
    Path("list.txt").write_text("good.png 0\ngood.png 1\nbad.png 2\n")
    tiny.write(PHOTOS, display="2", max_iter="6", base_lr="0.001")
    assert main(["train", "--solver", "solver.prototxt"]) == 0
    *_, last = map(json.loads, Path("out/snap_log.jsonl").read_text().splitlines())
    assert last["event"] == "end"
    assert last["skipped"] >= 8
    assert re.search(r"\nskipped  \d+ times a record", capsys.readouterr().out)


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found = EventAccumulator(str(folder)).Reload()
    return {
        tag: [(point.step, point.value) for point in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }


def numbers(run: Run) -> dict[Key, dict[int, float]]:
    return {key: dict(zip(s.iterations, s.values)) for key, s in run.series.items()}


def test_plain_lines_and_our_log_tell_the_same(tmp_path: Path) -> None:
    lines: list[str] = []
    plain, log = Plain(lines.append), Log(tmp_path / "ours.jsonl")
    for event in training():
        plain(event)
        log(event)
    (tmp_path / "plain.log").write_text("\n".join(lines))
    (by_lines,), (by_log,) = read_log(tmp_path / "plain.log"), read_log(tmp_path / "ours.jsonl")
    assert by_log.per_epoch == 20
    assert by_lines.net == by_log.net
    assert numbers(by_lines).keys() == numbers(by_log).keys()
    for key, values in numbers(by_lines).items():
        assert values == pytest.approx(numbers(by_log)[key], rel=1e-5, abs=0), key
    entries = list(map(json.loads, (tmp_path / "ours.jsonl").read_text().splitlines()))
    assert [e["skipped"] for e in entries if "skipped" in e] == [3] * 5 + [4]
    assert by_log.seconds < 60
    assert by_lines.seconds < 60


def test_plain_lines_are_read_as_caffes_scripts_read_them() -> None:
    """tools/extra/extract_seconds.py takes every line apart: day, time, and the rest after it."""
    lines: list[str] = []
    plain = Plain(lines.append)
    for event in training():
        plain(event)
    for line in lines:
        day, clock, process, place, *_ = line.split()
        assert 1 <= int(day[1:3]) <= 12
        assert 1 <= int(day[3:]) <= 31
        assert len(clock.split(":")) == 3
        assert 0 <= int(clock.split(".")[1]) < 1_000_000
        assert process.isdigit()
        assert place.startswith("solver.cpp:")
    losses = [line.split()[12] for line in lines if ", loss = " in line]
    assert losses[0] == "2.5"
