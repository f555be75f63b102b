"""The command line, as a person or an editor meets it: what it prints, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import netspec
from netspec.language.read import read
from netspec.layers import LAYERS
from netspec.schema.page import page
from netspec.translate import yaml_of
from tools.__main__ import COMMANDS, main

ROOT = Path(__file__).parents[1]
NAMES = [name for group in COMMANDS.values() for name in group]

NET = """\
name: "small"  # a comment that stays
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } }
}
# the only filters
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 }
}
layer {
  name: "drop1"
  type: "Dropout"
  bottom: "conv1"
  top: "conv1"
  include { phase: TRAIN }
}
"""
OLD = (
    'input: "data" input_dim: [1, 3, 8, 8] layers { name: "r" type: RELU bottom: "data" top: "r" }'
)
SOLVER = 'net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nmax_iter: 10\n'
TRAINABLE = (
    NET.replace("drop1", "loss")
    .replace("Dropout", "EuclideanLoss")
    .replace('bottom: "conv1"\n  top: "conv1"', 'bottom: "conv1"\n  bottom: "conv1"\n  top: "loss"')
)
TYPO = NET.replace("kernel_size", "kernel_sze")


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


def usage_error(*words: str) -> int:
    with pytest.raises(SystemExit) as error:
        main(list(words))
    return error.value.code if isinstance(error.value.code, int) else 0


def test_help_lists_every_command_in_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage_error("--help") == 0
    shown = capsys.readouterr().out
    assert re.findall(r"^  (\w+) {2,}", shown, re.M)[-len(NAMES) :] == NAMES
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_each_command_shows_an_example(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert usage_error(name, "--help") == 0
    shown = capsys.readouterr().out
    assert re.search(rf"^    netspec {name} ", shown, re.M)
    assert all(list(ROOT.glob(named)) for named in re.findall(r" (specs/\S+)", shown))
    assert max(map(len, shown.splitlines())) <= 80


def test_the_package_is_the_command() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "netspec", "--version"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"netspec {netspec.__version__}\n"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"netspec {netspec.__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chek"], "the nearest name is check"),
        (["frobnicate"], "`netspec --help` lists the commands"),
        (["check"], "required: SPEC"),
        (["check", "--phase", "VAL", "x"], "invalid choice: 'VAL'"),
        (["check", "--shape", "data", "x"], "expected BLOB=N,N,..., found data"),
        (["check", "--shape", "data=1,-3", "x"], "expected BLOB=N,N,..., found data=1,-3"),
    ],
)
def test_bad_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert usage_error(*words) == 2
    assert said in capsys.readouterr().err


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


def test_expand_prints_todays_prototxt(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expand", "old.prototxt"]) == 0
    printed = capsys.readouterr().out
    assert 'type: "ReLU"' in printed
    assert netspec.loads(printed) == netspec.load("old.prototxt")
    assert main(["expand", "old.prototxt", "-o", "new.prototxt"]) == 0
    assert Path("new.prototxt").read_text() == printed
    assert main(["expand", "solver.prototxt"]) == 0
    assert capsys.readouterr().out == SOLVER


def test_convert_goes_both_ways_and_keeps_comments(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", "net.prototxt", "net.yaml"]) == 0
    assert main(["convert", "net.yaml", "again.prototxt"]) == 0
    for phase in ("TRAIN", "TEST"):
        assert netspec.load("net.yaml", phase) == netspec.load("net.prototxt", phase)
        assert netspec.load("again.prototxt", phase) == netspec.load("net.prototxt", phase)
    for path in ("net.yaml", "again.prototxt"):
        assert "# a comment that stays" in Path(path).read_text()
        assert "# the only filters" in Path(path).read_text()
    assert main(["convert", "solver.prototxt", "solver.yaml"]) == 0
    assert main(["convert", "solver.yaml", "again.prototxt", "--force"]) == 0
    assert Path("again.prototxt").read_text() == SOLVER
    assert capsys.readouterr() == ("", "")


def test_convert_writes_whole_files_over_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", "net.prototxt", "old.prototxt"]) == 1
    assert "old.prototxt is there already; --force replaces it" in capsys.readouterr().err
    assert Path("old.prototxt").read_text() == OLD
    assert main(["convert", "latin1.prototxt", "new.yaml"]) == 1
    assert main(["convert", "net.prototxt", "no/such/folder.yaml"]) == 1
    assert "cannot write no/such/folder.yaml: there is no folder no/such" in capsys.readouterr().err
    assert sorted(p.suffix for p in folder.iterdir()) == [".prototxt"] * 5


def test_layers_lists_and_explains_types(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers"]) == 0
    listed = capsys.readouterr().out
    assert max(map(len, listed.splitlines())) <= 80
    assert all(re.search(rf"^  {name} ", listed, re.M) for name in LAYERS)
    assert main(["layers", "--markdown"]) == 0
    assert capsys.readouterr().out.count("\n| ") == len(LAYERS) + 1
    assert main(["layers", "pooling"]) == 0
    assert capsys.readouterr().out.startswith("Pooling")
    assert main(["layers", "Poling"]) == 1
    assert "the nearest name is Pooling" in capsys.readouterr().err
    assert main(["explain", "N999"]) == 1
    assert "there is no code N999" in capsys.readouterr().err


@pytest.mark.parametrize("name", LAYERS)
def test_a_layers_page_says_what_is_declared(name: str, tmp_path: Path) -> None:
    cls = LAYERS[name]
    text = page(cls)
    prose, _, examples = text.partition("In prototxt:\n")
    assert max(map(len, prose.splitlines())) <= 80
    words = " ".join(prose.split())
    for setting in cls.settings.values():
        assert setting.fields[0] in words
        assert setting.doc in words
    prototxt, _, yaml = examples.partition("In YAML:\n")
    written = {}
    for ending, example in (("prototxt", prototxt), ("yaml", yaml)):
        path = tmp_path / f"net.{ending}"
        path.write_text("\n".join(line[4:] for line in example.splitlines()))
        written[ending] = yaml_of(read(path), netspec.diagnostics.Report())
    assert written["prototxt"] == written["yaml"]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a person does."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "tools", *words]
    return subprocess.run(command, env=env, text=True, capture_output=True, timeout=60, check=False)


OUTPUTS = {  # where the shell sends standard output: the exit code, the lines on standard error
    "> /dev/full": (1, ["netspec: cannot write the output: No space left on device"]),
    ">&-": (0, []),
    ">&- 2>&-": (0, []),
}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("command", ["expand", "summary"])
def test_an_output_that_takes_nothing(command: str, output: str, folder: Path) -> None:
    words = f'"{sys.executable}" -m tools {command} net.prototxt {output}'
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", words], env=env, text=True, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr.splitlines()) == OUTPUTS[output]


SLOW = ("torch", "numpy", "matplotlib", "h5py", "lmdb", "PIL", "networkx", "graphviz", "rich")
LIGHT = f"""
import sys
from tools.__main__ import main
code = main({{words}})
loaded = sorted(set({SLOW}) & set(sys.modules))
assert not loaded, loaded
sys.exit(code)
"""


@pytest.mark.parametrize(
    "words", [["check", "net.prototxt"], ["expand", "net.prototxt"], ["layers"], []]
)
def test_starts_without_what_it_does_not_need(words: list[str], folder: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = LIGHT.format(words=words)
    done = subprocess.run([sys.executable, "-c", program], env=env, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_colour_only_for_terminals(folder: Path) -> None:
    assert "\033[" not in run("check", "wrong.prototxt").stderr
    script = pytest.importorskip("pty")
    for environment, colored in ({}, True), ({"NO_COLOR": "1"}, False):
        ours, theirs = script.openpty()
        env = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT), **environment}
        env = {k: v for k, v in env.items() if k != "NO_COLOR" or environment}
        command = [sys.executable, "-m", "tools", "check", "wrong.prototxt"]
        subprocess.run(command, env=env, stderr=theirs, stdout=subprocess.DEVNULL, check=False)
        os.close(theirs)
        assert (b"\033[" in os.read(ours, 10_000)) == colored
        os.close(ours)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", b"4x6x6"), ("latin-1", b"4\xd76\xd76"), ("utf-8", b"4\xc3\x97")],
)
def test_letters_that_an_encoding_lacks(encoding: str, shown: bytes, folder: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "tools", "summary", "net.prototxt"]
    done = subprocess.run(command, env=env, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert shown in done.stdout


def test_a_closed_pipe_is_no_fault(folder: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -m tools layers | head -1"
    done = subprocess.run(["bash", "-c", command], env=env, text=True, capture_output=True)
    assert (done.stdout, done.stderr) == ("data\n", "")


def test_an_interrupt_is_quiet(folder: Path) -> None:
    os.mkfifo("slow.prototxt")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tools", "check", "slow.prototxt"]
    with (
        subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as program,
        Path("slow.prototxt").open("w"),  # waits until check reads, which then waits for text
    ):
        program.send_signal(2)
        assert program.wait(timeout=30) == 130
        assert program.stderr is not None
        assert program.stderr.read() == ""


def test_our_own_faults_ask_to_be_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LAYERS, "Broken", object)
    assert main(["layers", "Broken"]) == 70
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.endswith("please report the above\n")
