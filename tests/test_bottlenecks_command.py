"""`netspec bottlenecks`: what it prints, draws and says where there is nothing to show."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from test_advice import TWO

from tools.__main__ import main

GOOGLENET = str(Path(__file__).parents[1] / "specs" / "googlenet" / "googlenet.yaml")
RESNET = str(Path(__file__).parents[1] / "specs" / "resnet" / "resnet-152.yaml")
ODD = """\
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 8, 8] } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 5 } }
layer { name: "odd" type: "Odd" bottom: "data" top: "odd" }
layer { name: "fc" type: "InnerProduct" bottom: "odd" top: "fc"
        inner_product_param { num_output: 5 } }
"""


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    assert main(["bottlenecks", *words]) == 0
    out, err = capsys.readouterr()
    return out, err


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, GOOGLENET)
    lines = out.splitlines()
    assert lines[0] == "GoogLeNet: TEST, what of one image passes to loss3/classifier"
    assert max(map(len, lines)) <= 80
    widest = max(line.count("█") for line in lines)
    conv1 = next(line for line in lines if line.startswith("conv1/7x7_s2 "))
    assert conv1.split()[1:3] == ["64×112×112", "802,816"]
    assert conv1.count("█") == widest
    assert [line.split()[0] for line in lines if line.endswith(" A102")] == [
        "pool3/3x3_s2",
        "pool4/3x3_s2",
    ]
    assert lines[-1] == "narrowest: 1,024 elements, pool5/7x7_s1"
    assert err.count("advice[A102]") == 2
    assert "googlenet.yaml:66:5" in err


def test_equal_cuts_in_a_row_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, RESNET)
    assert "res4a … res4b35 " in out
    assert len(out.splitlines()) < 25
    assert not err


def test_another_prediction(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, GOOGLENET, "--phase", "TRAIN", "--to", "loss1/classifier")
    assert "passes to loss1/classifier" in out
    assert "other predictions, shown by --to: loss2/classifier, loss3/classifier" in out


def test_the_grids(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, GOOGLENET, "--grids")[0].splitlines()
    rows = lines[lines.index("grid           channels  depth   MACs") + 1 :]
    assert [row.split()[:4] for row in rows] == [
        ["112×112", "64", "1", "7.5%"],
        ["56×56", "192", "2", "22.7%"],
        ["28×28", "480", "4", "27.3%"],
        ["14×14", "832", "10", "34.7%"],
        ["7×7", "1,024", "4", "7.7%"],
        ["none", "1,000", "1", "0.1%"],
    ]
    assert max(map(len, lines)) <= 80


def test_from_one_of_several_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TWO)
    out, _ = said(capsys, str(path), "--from", "words")
    assert "what of one image passes from words to score" in out
    assert [line.split()[0] for line in out.splitlines()[3:7]] == ["words", "read", "both", "score"]
    assert main(["bottlenecks", str(path), "--from", "seen"]) == 1
    assert "seen is no input of the net" in capsys.readouterr().err


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, GOOGLENET, "--json")[0])
    (prediction,) = found["predictions"]
    assert prediction["narrowest"] == {"blobs": ["pool5/7x7_s1"], "elements": 1024, "depth": 35}
    assert [cut["elements"] for cut in prediction["profile"]][:3] == [150528, 802816, 200704]
    assert max(cut["elements"] for cut in prediction["frontiers"]) >= 802816
    first = found["findings"][0]
    assert (first["code"], first["principle"]) == ("A102", "bottlenecks")
    assert first["layers"] == ["pool3/3x3_s2"]
    assert {"name": "drop", "number": 4.0, "unit": "times"} in first["figures"]


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_the_picture(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"profile.{ending}"
    said(capsys, GOOGLENET, "-o", str(path))
    if ending == "svg":
        words = {e.text for e in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")}
        assert {"A102", "pool3/3x3_s2", "94,080", "28×28"} <= words
        before = path.read_bytes()
        said(capsys, GOOGLENET, "-o", str(path))
        assert path.read_bytes() == before
    elif ending == "png":
        with Image.open(path) as picture:
            assert picture.width > 2 * picture.height > 1000
    else:
        assert path.read_bytes().startswith(b"%PDF")


def test_what_is_not_known_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(ODD)
    assert "predictions of unknown shape: fc" in said(capsys, str(path))[0]
    after = ODD.index('layer { name: "odd"')
    ip = ODD[ODD.index('layer { name: "ip"') : after].replace('"data" top', '"odd" top')
    path.write_text(ODD[: ODD.index(ip[:18])] + ODD[after:] + ip)
    assert main(["bottlenecks", str(path)]) == 1
    path.write_text(ODD[: ODD.index('layer { name: "ip"')])
    assert main(["bottlenecks", str(path)]) == 1
    assert main(["bottlenecks", GOOGLENET, "--to", "nothing"]) == 1
    assert main(["bottlenecks", GOOGLENET, "-o", str(tmp_path / "profile.gif")]) == 1
    err = capsys.readouterr().err
    for words in (
        "the shape of what is predicted is not known: fc, ip",
        "nothing is predicted: no input reaches an output",
        "nothing is no prediction; there are loss3/classifier",
        "no format of a profile",
    ):
        assert words in err
