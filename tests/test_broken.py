"""Broken specs: each is refused where it is broken, in bounded time and memory."""

from __future__ import annotations

import random
import re
import resource
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from breakages import FOLDER, Breakage, all_breakages

import netspec
from netspec.codes import CODES
from tools.__main__ import main

BREAKAGES = list(all_breakages())
FILES = sorted(path.name for path in FOLDER.iterdir())
MEGABYTE = 1_000_000


def refusal(text: str, name: str) -> netspec.SpecError | None:
    """What the first phase that does not load says."""
    for phase in ("TRAIN", "TEST"):
        try:
            netspec.loads(text, phase, name=name).check()
        except netspec.SpecError as error:
            return error
    return None


def test_there_are_two_hundred_and_none_twice() -> None:
    assert len({(b.file, b.text) for b in BREAKAGES}) == len(BREAKAGES) >= 200


@pytest.mark.parametrize("file", FILES)
def test_unbroken_they_load(file: str) -> None:
    assert refusal((FOLDER / file).read_text(encoding="utf-8"), file) is None


@pytest.mark.parametrize("case", BREAKAGES, ids=lambda case: case.name)
def test_is_refused_where_it_is_broken(case: Breakage) -> None:
    error = refusal(case.text, case.file)
    assert error is not None
    first = error.diagnostics[0]
    assert (first.code, len(error.diagnostics)) == (case.code, case.number), str(error)
    assert first.code in CODES
    places = [first.span]
    if case.code == "N102":  # it points at the end of the file, and at the brace in a note
        places = [note.span for note in first.notes]
    assert (case.line, case.column) in [(s.line, s.column) for s in places if s], str(error)


@pytest.mark.parametrize("file", FILES)
def test_on_the_command_line(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / file
    for case in [b for b in BREAKAGES if b.file == file][::5]:
        path.write_text(case.text, encoding="utf-8")
        assert main(["check", str(path)]) == 1, case.name
        said = capsys.readouterr().err
        assert f"[{case.code}]" in said
        assert "Traceback" not in said


@pytest.mark.parametrize("file", FILES)
def test_cut_short_anywhere(file: str) -> None:
    """What is left of a file is a smaller net, or is refused at its end."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    for end in range(1, len(text), 7):
        refusal(text[:end], file)


@pytest.mark.parametrize("file", [f for f in FILES if f.endswith(".prototxt")])
def test_cut_short_inside_a_layer(file: str) -> None:
    text = (FOLDER / file).read_text(encoding="utf-8")
    for inside in re.finditer(r'bottom: "', text):
        for end in (inside.start(), inside.start() + 3, inside.end() - 2, inside.end()):
            error = refusal(text[:end], file)
            assert error is not None
            assert error.diagnostics[0].code[:2] == "N1"
            assert error.diagnostics[0].span is not None
            assert error.diagnostics[0].span.end >= len(text[:end].rstrip()) - 3


def noise(alphabet: bytes, size: int) -> bytes:
    return bytes(random.Random(7).choices(alphabet, k=size))


def layers(number: int) -> bytes:
    return b"".join(
        b'layer { name: "%d" type: "ReLU" bottom: "%d" top: "%d" }\n' % (i, i - 1, i)
        for i in range(number)
    )


ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
EXPLOSION = "blocks:\n  b0: {layers: [ReLU: ]}\n" + "".join(
    f"  b{i}:\n    layers: [{', '.join([f'b{i - 1}: '] * 9)}]\n" for i in range(1, 12)
)
MONSTERS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "random bytes": ("net.prototxt", lambda: random.Random(7).randbytes(10 * MEGABYTE), "N113"),
    "random text": (
        "net.prototxt",
        lambda: noise(string.printable.encode(), 10 * MEGABYTE),
        "N112",
    ),
    "random text, YAML": (
        "net.yaml",
        lambda: noise(string.printable.encode(), 10 * MEGABYTE),
        "N112",
    ),
    "ten megabytes of layers": ("net.prototxt", lambda: layers(170_000), "N112"),
    "a megabyte of layers": ("net.prototxt", lambda: layers(17_000), "N301"),
    "a megabyte of text": (
        "net.prototxt",
        lambda: noise(string.printable.encode(), MEGABYTE),
        "N1",
    ),
    "a megabyte of YAML": ("net.yaml", lambda: noise(string.printable.encode(), MEGABYTE), "N1"),
    "a megabyte of fields": ("net.prototxt", lambda: b"a: 1 " * (MEGABYTE // 5), "N202"),
    "a megabyte of fields in a layer": (
        "net.prototxt",
        lambda: b"layer { %s }" % b" ".join(b"f%d: 1" % i for i in range(100_000)),
        "N202",
    ),
    "a megabyte of errors": ("net.prototxt", lambda: b'layer { type: "x" }' * 50_000, "N201"),
    "a megabyte of YAML errors": ("net.yaml", lambda: b"layers:\n" + b"  - x:\n" * 140_000, "N140"),
    "a long line": ("net.prototxt", lambda: b'name: "' + b"x" * MEGABYTE, "N107"),
    "open braces": ("net.prototxt", lambda: b"a {" * (MEGABYTE // 3), "N111"),
    "open brackets": ("net.yaml", lambda: b"a: " + b"[" * MEGABYTE, "N135"),
    "closed braces": ("net.prototxt", lambda: b"}" * MEGABYTE, "N103"),
    "colons": ("net.prototxt", lambda: b":" * MEGABYTE, "N101"),
    "quotes": ("net.prototxt", lambda: b"'" * MEGABYTE + b"'", "N1"),
    "backslashes": ("net.prototxt", lambda: b'name: "' + b"\\" * (MEGABYTE + 1) + b'"', "N107"),
    "an alias bomb": ("net.yaml", lambda: ALIASES.encode(), "N133"),
    "a block bomb": (
        "net.yaml",
        lambda: f"inputs: {{data: [1]}}\n{EXPLOSION}layers: [b11: ]\n".encode(),
        "N1",
    ),
    "a loop bomb": (
        "net.yaml",
        lambda: b"inputs: {d: [1]}\nlayers: [{for: {i: 1000000000}, layers: [ReLU: ]}]\n",
        "N1",
    ),
    "a power bomb": (
        "net.yaml",
        lambda: b"inputs: {d: [1]}\nlayers: [InnerProduct: {num_output: =9**9**9**9}]\n",
        "N153",
    ),
    "a number of a megabyte": ("net.prototxt", lambda: b"name: " + b"9" * MEGABYTE, "N204"),
    "nothing": ("net.prototxt", lambda: b"", "N312"),
    "nothing, YAML": ("net.yaml", lambda: b"", "N137"),
    "one byte": ("net.prototxt", lambda: b"\xff", "N115"),
    "a zero": ("net.prototxt", lambda: b"\0", "N113"),
    "weights": ("net.prototxt", lambda: bytes(range(256)) * 1000, "N113"),
}
CHECK = "import sys; from tools.__main__ import main; sys.exit(main(['check', sys.argv[1]]))"
SECONDS, BYTES = 20, 1 << 30  # of CPU time, where 3 are enough at rest: a loaded machine takes more


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))


@pytest.mark.parametrize("monster", MONSTERS)
def test_large_or_hostile_files_are_refused_in_time(monster: str, tmp_path: Path) -> None:
    name, content, code = MONSTERS[monster]
    path = tmp_path / name
    path.write_bytes(content())
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(path)],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 1, (done.returncode, done.stderr[-2000:])
    assert re.match(rf"error\[{code}\d*\]: ", done.stderr), done.stderr[:2000]
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 100_000
