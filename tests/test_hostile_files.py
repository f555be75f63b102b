"""Damaged and hostile files: every reader succeeds or raises SpecError, in bounded memory."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hostile import HOSTILE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from little_memory import taken
from readers import NET, READERS, write_whole

import compiler
import netspec
from compiler.weights.change import stored_layers
from netspec.records.wire import write_field, write_varint

MOST = 96 * 2**20  # bytes: what no file below 100 KB may make us take


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    write_whole(folder)
    return folder


@pytest.mark.parametrize("name", READERS)
def test_the_files_are_whole(name: str, whole: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes((whole / name).read_bytes())
    READERS[name](tmp_path / name)


@st.composite
def damage(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Bytes changed, cut out, put in or repeated; or the end is missing."""
    kind = draw(st.sampled_from(("change", "cut", "insert", "repeat", "end")))
    places = draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4))
    patch = draw(st.one_of(st.binary(min_size=1, max_size=9), st.just(b"\xff" * 8)))
    length = draw(st.integers(1, 64))

    def apply(content: bytes) -> bytes:
        for place in places:
            at = int(place * len(content))
            head, tail = content[:at], content[at:]
            content = {
                "change": head + patch + tail[len(patch) :],
                "cut": head + tail[length:],
                "insert": head + patch + tail,
                "repeat": head + tail[:length] * 50 + tail,
                "end": head,
            }[kind]
        return content

    return apply


@pytest.mark.parametrize("name", READERS)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(harm=damage())
def test_damage_never_ends_in_a_traceback(
    name: str, harm: Callable[[bytes], bytes], whole: Path, tmp_path: Path
) -> None:
    read(READERS[name], tmp_path / name, harm((whole / name).read_bytes()))


def read(reader: Callable[[Path], object], path: Path, content: bytes) -> list[str]:
    """The codes of what a reader says of a file, of which there are none where it can be used."""
    path.write_bytes(content)
    try:
        reader(path)
    except netspec.SpecError as refused:
        return [d.code for d in refused.diagnostics]
    return []


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused_in_bounded_memory(kind: str, tmp_path: Path) -> None:
    name, content, code = HOSTILE[kind]
    with taken() as peak:
        codes = read(READERS[name], tmp_path / name, content)
    assert codes
    assert codes[0].startswith(code), codes
    assert peak() < MOST + 40 * len(content)


@pytest.mark.parametrize("size", [2**31 + 2**20, 5 * 2**30])
def test_a_large_caffemodel_is_not_copied(size: int, tmp_path: Path) -> None:
    """A layer of gigabytes, which the file system need not even store, before a small one."""
    path = tmp_path / "net.caffemodel"
    small = compiler.compile(netspec.loads(NET))
    compiler.save_weights(small, path)
    ending = path.read_bytes()
    count = size // 4
    data = write_varint(5 << 3 | 2) + write_varint(4 * count)
    shape = write_field(7, write_field(1, write_varint(count)))
    within = len(shape) + len(data) + 4 * count
    named = write_field(1, "huge") + write_varint(7 << 3 | 2) + write_varint(within)
    head = write_varint(100 << 3 | 2) + write_varint(len(named) + within) + named + shape + data
    with path.open("wb") as file:
        file.write(head)
        file.seek(4 * count, io.SEEK_CUR)
        file.write(ending)
    net = compiler.compile(netspec.loads(NET))
    with taken() as peak:
        layers = {layer.name: layer for layer in stored_layers(path)}
        report = compiler.load_weights(net, path)
    assert layers["huge"].blobs[0].shape == (count,)
    assert (report.loaded, report.unused) == (("ip",), ("huge",))
    for mine, theirs in zip(compiler.blobs(net)["ip"], compiler.blobs(small)["ip"]):
        assert torch.equal(mine, theirs)
    assert peak() < 2**22


def test_fuzzing_finds_nothing(tmp_path: Path) -> None:
    """Some thousand files that atheris makes, led by which code they reach."""
    pytest.importorskip("atheris", reason="atheris is not installed: pip install atheris")
    program = Path(__file__).with_name("fuzz_readers.py")
    done = subprocess.run(
        [sys.executable, str(program), "-runs=500", "-seed=1", "-rss_limit_mb=2048"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(program.parents[1])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 500 runs" in done.stderr
