"""Python layers: refused unless allowed, then run as pycaffe runs them; and --import."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import compiler
import netspec
from netspec import SpecError
from netspec.pycaffe.caffe import Blob

TESTS = Path(__file__).parent
ROOT = TESTS.parent


def source(name: str, *dims: int) -> str:
    listed = " ".join(f"dim: {d}" for d in dims)
    shape = f"input_param {{ shape {{ {listed} }} }}"
    return f'layer {{ name: "{name}" type: "Input" top: "{name}" {shape} }}\n'


def python(
    layer: str, bottoms: str, tops: str, more: str = "", module: str = "python_layers"
) -> str:
    wiring = " ".join(
        [f'bottom: "{b}"' for b in bottoms.split()] + [f'top: "{t}"' for t in tops.split()]
    )
    said = f'python_param {{ module: "{module}" layer: "{layer}" {more} }}'
    return f'layer {{ name: "{layer.lower()}" type: "Python" {wiring} {said} }}\n'


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TESTS)


EUCLIDEAN = source("a", 3, 4) + source("b", 3, 4) + python("Euclidean", "a b", "loss")
CUT = source("data", 2, 5, 3, 3) + python("Cut", "data", "one two", 'param_str: "2"')
GAIN = source("data", 2, 3) + python("Gain", "data", "data")
COUNTER = python("Counter", "", "batch phase")
CLUMSY = source("data", 2) + python("Clumsy", "data", "top")


def test_it_is_refused_and_not_imported_unless_allowed() -> None:
    sys.modules.pop("python_layers", None)
    with pytest.raises(SpecError) as error:
        netspec.loads(EUCLIDEAN)
    assert [d.code for d in error.value.diagnostics] == ["N220"]
    assert "python_layers" not in sys.modules


def test_the_permission_ends_with_the_block() -> None:
    with netspec.allowing_python():
        graph = netspec.loads(EUCLIDEAN)
    assert graph.blob_shapes["loss"] == (1,)
    with pytest.raises(SpecError):
        netspec.loads(EUCLIDEAN)
    compiler.compile(graph)  # the net keeps it


@pytest.mark.parametrize(
    ("text", "shapes", "weights"),
    [
        (EUCLIDEAN, {"loss": (1,)}, {}),
        (CUT, {"one": (2, 2, 3, 3), "two": (2, 27)}, {}),
        (GAIN, {"data": (2, 3)}, {"gain": [(1,)]}),
        (COUNTER, {"batch": (2, 3), "phase": ()}, {}),
    ],
)
def test_shapes_and_parameters_are_known_by_running_setup_and_reshape(
    text: str, shapes: dict[str, tuple[int, ...]], weights: dict[str, list[tuple[int, ...]]]
) -> None:
    graph = netspec.loads(text, allow_python=True)
    assert {k: graph.blob_shapes[k] for k in shapes} == shapes
    assert graph.weight_shapes == weights
    graph.check()


def test_a_loss_computes_what_caffes_own_does() -> None:
    net = compiler.compile(netspec.loads(EUCLIDEAN, allow_python=True))
    own = EUCLIDEAN.replace('"Python"', '"EuclideanLoss"').split("python_param")[0] + "}"
    theirs = compiler.compile(netspec.loads(own))
    one, two = (torch.randn(3, 4, requires_grad=True) for _ in range(2))
    again = [blob.detach().clone().requires_grad_() for blob in (one, two)]
    mine, want = net(a=one, b=two)["loss"], theirs(a=again[0], b=again[1])["loss"]
    torch.testing.assert_close(mine[0], want)
    (2 * mine.sum()).backward()
    (2 * want).backward()
    for blob, other in zip((one, two), again):
        torch.testing.assert_close(blob.grad, other.grad)


def test_a_layer_that_cuts_takes_any_batch() -> None:
    net = compiler.compile(netspec.loads(CUT, allow_python=True))
    data = torch.randn(4, 5, 3, 3, requires_grad=True)
    out = net(data=data)
    torch.testing.assert_close(out["one"], data[:, :2])
    torch.testing.assert_close(out["two"], data[:, 2:].flatten(1))
    weights = torch.randn_like(out["two"])
    (out["two"] * weights).sum().backward()
    want = torch.cat([torch.zeros(4, 2, 3, 3), weights.view(4, 3, 3, 3)], 1)
    torch.testing.assert_close(data.grad, want)


def test_parameters_are_filled_by_setup_and_learn(tmp_path: Path) -> None:
    net = compiler.compile(netspec.loads(GAIN, allow_python=True))
    data = torch.randn(2, 3, requires_grad=True)
    torch.testing.assert_close(net(data=data)["data"], 3 * data)
    net(data=data)["data"].sum().backward()
    blob = compiler.blobs(net)["gain"][0]
    torch.testing.assert_close(blob.grad, data.detach().sum().view(1))
    torch.testing.assert_close(data.grad, torch.full((2, 3), 3.0))
    with torch.no_grad():
        blob.fill_(5.0)
    compiler.save_weights(net, tmp_path / "net.caffemodel")
    other = compiler.compile(netspec.loads(GAIN, allow_python=True))
    compiler.load_weights(other, tmp_path / "net.caffemodel")
    torch.testing.assert_close(other(data=data)["data"], 5 * data)


def test_two_forward_passes_before_the_backward_passes() -> None:
    net = compiler.compile(netspec.loads(GAIN, allow_python=True)).train()
    one, two = torch.randn(2, 3), torch.randn(4, 3)
    first, second = net(data=one)["data"].sum(), net(data=two)["data"].sum()
    blob = compiler.blobs(net)["gain"][0]
    first.backward()
    torch.testing.assert_close(blob.grad, one.sum().view(1))
    second.backward()
    torch.testing.assert_close(blob.grad, (one.sum() + two.sum()).view(1))


@pytest.mark.parametrize(("phase", "number"), [("TRAIN", 0), ("TEST", 1)])
def test_a_source_reads_on_and_knows_its_phase(phase: str, number: int) -> None:
    net = compiler.compile(netspec.loads(COUNTER, phase, allow_python=True))
    assert [net()["batch"][0, 0].item() for _ in range(3)] == [1, 2, 3]
    assert net()["phase"].item() == number
    assert copy.deepcopy(net)()["batch"][0, 0].item() == 5


def test_it_trains_in_a_net() -> None:
    text = source("data", 2, 3) + source("label", 2, 4)
    text += (
        'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" '
        'inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }\n'
    )
    text += python("Gain", "fc", "fc") + python("Euclidean", "fc label", "loss").replace(
        "python_param", "loss_weight: 1 python_param"
    )
    net = compiler.compile(netspec.loads(text, "TRAIN", allow_python=True))
    torch.manual_seed(0)
    data, label = torch.randn(2, 3), torch.randn(2, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    losses = []
    for _ in range(60):
        loss = net(data=data, label=label)["loss"].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (EUCLIDEAN.replace("python_layers", "nowhere_layers"), "N221", "no module nowhere_layers"),
        (EUCLIDEAN.replace('"Euclidean"', '"Euclid"'), "N221", "no layer class Euclid"),
        (EUCLIDEAN.replace('"Euclidean"', '"np"'), "N221", "no layer class np"),
        (EUCLIDEAN.replace('bottom: "b"', ""), "N420", "two bottoms are needed"),
        (EUCLIDEAN.replace("dim: 4", "dim: 5", 1), "N420", "as many elements"),
        (CUT.replace('"2"', '"x"'), "N420", "ValueError"),
        (CUT.replace("param_str", "param_string"), "N202", "param_string"),
    ],
)
def test_what_is_wrong_is_placed(text: str, code: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        netspec.loads(text, allow_python=True)
    (found,) = error.value.diagnostics
    assert found.code == code
    assert said in found.message
    assert found.span is not None


def test_what_a_layer_raises_while_it_runs_is_a_diagnostic() -> None:
    net = compiler.compile(netspec.loads(CLUMSY, allow_python=True))
    with pytest.raises(SpecError) as error:
        net(data=torch.ones(2))
    (found,) = error.value.diagnostics
    assert found.code == "C320"
    assert "ValueError: not today" in found.message
    assert "python_layers.py" in found.help


@pytest.mark.parametrize(
    ("shape", "four"), [((), (1, 1, 1, 1)), ((2, 3), (2, 3, 1, 1)), ((2, 3, 4, 5), (2, 3, 4, 5))]
)
def test_a_blob_has_the_four_old_dimensions(shape: tuple[int, ...], four: tuple[int, ...]) -> None:
    blob = Blob(shape)
    assert (blob.num, blob.channels, blob.height, blob.width) == four
    blob.data[...] = 7
    blob.reshape(1, blob.count)
    assert blob.data.sum() == 7 * blob.count
    assert blob.diff.shape == (1, blob.count)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools", *words]
    path = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(command, capture_output=True, text=True, cwd=TESTS, env=path)


def test_the_command_line_asks_for_permission(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(CUT)
    refused = run("check", str(path))
    assert refused.returncode == 1
    assert "--allow-python" in refused.stderr
    assert run("check", str(path), "--allow-python").stdout == f"{path}: ok, 2 layers\n"


def test_a_file_of_ones_own_declares_layers(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(
        source("data", 2, 3)
        + 'layer { name: "l" type: "Leak" bottom: "data" top: "l" leak_param { kept: 0.25 } }'
    )
    unknown = run("check", str(path))
    assert unknown.returncode == 1
    assert "--import" in unknown.stderr
    assert run("check", str(path), "--import", "own_layers.py").stdout == f"{path}: ok, 2 layers\n"
    program = (
        "import sys, torch, own_layers, compiler, netspec\n"
        "net = compiler.compile(netspec.load(sys.argv[1]))\n"
        "print(net(data=torch.ones(2, 3))['l'].sum().item())"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        cwd=TESTS,
        env={"PYTHONPATH": f"{ROOT}:{TESTS}", "PATH": ""},
    )
    assert shown.stdout == "1.5\n", shown.stderr


def test_a_file_that_cannot_be_imported_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong_layers.py"
    wrong.write_text("import math\n1 / 0\n")
    net = tmp_path / "net.prototxt"
    net.write_text(source("data", 1))
    for file, said in ((wrong, "ZeroDivisionError"), (tmp_path / "none.py", "there is no file")):
        done = run("check", str(net), "--import", str(file))
        assert done.returncode == 1
        assert "error[N222]" in done.stderr
        assert said in done.stderr
