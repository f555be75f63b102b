"""`netspec verify`: what it says, as text and as JSON, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from compared_nets import BEFORE, IMAGE, compiled, image, layer

import compiler
from tools.__main__ import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = "\n".join([IMAGE, BEFORE, layer("ReLU", bottom="conv")])
    Path("net.prototxt").write_text(text)
    net = compiled(BEFORE, layer("ReLU", bottom="conv"))
    compiler.save_weights(net, "net.caffemodel")
    out = {k: v.detach().numpy() for k, v in net(image()).items()}
    np.savez("right.npz", **out)
    np.savez("more.npz", **out, conv_split_0=out["conv"])
    np.savez("wrong.npz", **{**out, "data": out["data"][:, ::-1]})
    np.savez("bare.npz", top=out["top"])
    np.savez("other.npz", data=out["data"] + 1, **{"in/data": out["data"]})
    np.savez("strange.npz", **{"in/data": out["data"], "in/dta": out["data"], "top": out["top"]})
    np.savez("nothing.npz", **{"in/data": out["data"]})
    np.savez("single.npz", **{"in/data": out["data"][0], "top": out["top"]})
    np.savez("objects.npz", top=np.array([{}], object), **{"in/data": out["data"]})
    np.savez("batch.npz", **{k: v[:1] for k, v in out.items()})
    Path("text.npz").write_text("no numbers")
    Path("cut.npz").write_bytes(Path("right.npz").read_bytes()[:-100])
    return tmp_path


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("right", 0, "3 blobs agree"),
        ("more", 0, "not in the net: conv_split_0"),
        ("batch", 0, "3 blobs agree"),
        ("wrong", 1, "the first that differs is conv\n"),
        ("other", 1, "the first that differs is data\n"),
        ("bare", 1, "add it as in/data"),
        ("strange", 1, "in/dta is no input of the net"),
        ("single", 1, "the input data is 3 x 8 x 8 there, and 2 x 3 x 8 x 8 in the net"),
        ("nothing", 1, "it has none of the net's blobs"),
        ("objects", 1, "does not hold it"),
        ("text", 1, "is no .npz file"),
        ("cut", 1, "is no .npz file"),
        ("missing", 1, "cannot be read"),
        ("rights", 1, "the nearest name is right.npz"),
    ],
)
def test_the_command(
    name: str, code: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "net.prototxt", "net.caffemodel", f"{name}.npz"]) == code
    out, err = capsys.readouterr()
    assert said in out + err


def test_a_net_that_reads_its_own_data_is_not_fed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("own.prototxt").write_text(
        'layer { name: "d" type: "DummyData" top: "d" dummy_data_param { shape { dim: [2, 3] } } }'
    )
    assert main(["verify", "own.prototxt", "net.caffemodel", "strange.npz"]) == 1
    assert "`netspec deploy` gives the net that is fed" in capsys.readouterr().err


def test_the_command_speaks_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "net.prototxt", "net.caffemodel", "wrong.npz", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [c["agrees"] for c in found["compared"]] == [True, False, False]
    assert "BGR" in found["looks_like"][0]


def test_json_has_no_numbers_that_are_none(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez("shape.npz", top=np.zeros((2, 3)), **{"in/data": np.load("right.npz")["data"]})
    np.savez("nan.npz", top=np.full((2, 4, 6, 6), np.nan), data=np.load("right.npz")["data"])
    for name in ("shape", "nan"):
        assert main(["verify", "net.prototxt", "net.caffemodel", f"{name}.npz", "--json"]) == 1
        found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        assert found["compared"][-1]["gap"]["size"] is None
        assert not found["compared"][-1]["agrees"]


def test_what_the_command_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "net.prototxt", "net.caffemodel", "wrong.npz"]) == 1
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    head, numbers, *rest = re.sub(r"\n    +", " ", out).splitlines()
    assert head == "1 of 3 blobs agrees, up to data; the first that differs is conv"
    place = r"at \[\d, \d, \d, \d\]: off by \S+ of the largest number"
    assert re.fullmatch(rf"  \S+ here, \S+ there \(wrong\.npz\), {place}", numbers)
    assert rest == [
        "  made by conv (Convolution)",
        "  likely cause: the channels of data stand in the other order there: BGR against RGB",
    ]
