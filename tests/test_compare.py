"""Nets side by side: the table, its files, accuracies from logs, and the balls."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
import zoo

from tools.__main__ import main

THREE = [str(zoo.SPECS / f"{net}.yaml") for net in ("alexnet/alexnet", "vgg/vgg-16")]
THREE.append(str(zoo.SPECS / "resnet/resnet-18.yaml"))
TABLE = """\
net        parameters     MACs    memory  depth  field  narrowest
AlexNet       60.97 M  724.4 M  249.2 MB      8    195      4,096
VGG-16        138.4 M  15.47 G  579.7 MB     16    212      4,096
ResNet-18     11.69 M   1.81 G  53.82 MB     18    435        512
"""
LOG = """
Solving AlexNet
Iteration 0, Testing net (#0)
    Test net output #0: accuracy = 0.1
Iteration 100, Testing net (#0)
    Test net output #0: accuracy = 0.571
    Test net output #1: loss = 1.8 (* 1 = 1.8 loss)
Iteration 200, Testing net (#0)
    Test net output #0: accuracy = 0.569
"""


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["compare", *words]) == 0
    return capsys.readouterr().out


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *THREE) == TABLE


def test_batches_change_memory_alone(capsys: pytest.CaptureFixture[str]) -> None:
    one, eight = (json.loads(run(capsys, THREE[2], "--batch", n, "--json"))[0] for n in ("1", "8"))
    assert {key for key in one if one[key] != eight[key]} == {"memory"}


def test_csv_and_json_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    known = ("--accuracy", "57%,0.715,-")
    told = json.loads(run(capsys, *THREE, "--json", *known))
    rows = list(csv.DictReader(io.StringIO(run(capsys, *THREE, "--csv", *known))))
    assert [row["name"] for row in rows] == [each["name"] for each in told]
    assert [each["accuracy"] for each in told] == [0.57, 0.715, None]
    assert [float(row["macs"]) for row in rows] == [each["macs"] for each in told]


def test_a_log_gives_the_best_accuracy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "train.log"
    log.write_text(LOG)
    printed = run(capsys, THREE[0], "--log", str(log))
    assert printed.splitlines()[1].endswith("57.1 %")
    assert main(["compare", *THREE, "--log", str(log)]) == 1  # one log for three nets
    log.write_text(LOG.replace("accuracy", "loss").replace("0.1", "2 (* 1 = 2 loss)"))
    assert main(["compare", THREE[0], "--log", str(log)]) in (0, 1)


@pytest.mark.parametrize("wrong", ["1.5", "101%", "good", ""])
def test_what_is_no_accuracy(wrong: str) -> None:
    with pytest.raises(SystemExit):
        main(["compare", THREE[0], "--accuracy", wrong])


@pytest.mark.parametrize("more", [[], ["--accuracy", "57%,71.5%,69.8%"]])
def test_balls_are_drawn(
    more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "balls.svg"
    assert run(capsys, *THREE, "-o", str(picture), *more).endswith(f"{picture}\n")
    text = picture.read_text(encoding="utf-8")
    said = re.findall(r"<text[^>]*>([^<]*)</text>", text)
    assert {"AlexNet", "VGG-16", "ResNet-18"} <= set(said)
    assert ("accuracy (%)" if more else "parameters (M)") in said
    first = picture.read_bytes()
    run(capsys, *THREE, "-o", str(picture), *more)
    assert picture.read_bytes() == first


def test_a_ball_is_as_large_as_its_parameters(tmp_path: Path) -> None:
    picture = tmp_path / "balls.svg"
    assert main(["compare", *THREE, "-o", str(picture), "--accuracy", "57%,71.5%,69.8%"]) == 0
    (drawn,) = re.findall(r'<g id="PathCollection_1">(.*?)</g>', picture.read_text(), re.S)
    areas = []
    for path in re.findall(r'<path d="(.*?)z', drawn, re.S):
        heights = [float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", path)]
        areas.append((max(heights) - min(heights)) ** 2)
    assert len(areas) == 3
    assert areas[0] / areas[1] == pytest.approx(60.97 / 138.4, rel=0.02)


def test_other_endings_are_refused(tmp_path: Path) -> None:
    assert main(["compare", THREE[0], "-o", str(tmp_path / "balls.txt")]) == 1


def test_nets_of_one_name_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = "name: LeNet\ninputs: {data: [1, 3, 8, 8]}\nlayers: [InnerProduct: {num_output: 2}]\n"
    specs = [tmp_path / f"{name}.yaml" for name in ("LeNet", "small")]
    for spec in specs:
        spec.write_text(net)
    assert main(["compare", *map(str, specs), "--json"]) == 0
    said = [net["name"] for net in json.loads(capsys.readouterr().out)]
    assert said == ["LeNet", f"LeNet ({tmp_path.name}/small)"]
