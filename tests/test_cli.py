"""The command line, as a person or an editor meets it: what it prints, and its exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from some_files import NET, OLD, SOLVER, TYPO

import netspec
from netspec.language.read import read
from netspec.layers import LAYERS
from netspec.schema.page import page
from netspec.translate import yaml_of
from tools.__main__ import COMMANDS, main

ROOT = Path(__file__).parents[1]
NAMES = [name for group in COMMANDS.values() for name in group]


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
