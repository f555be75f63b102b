"""No lost work: killed at any moment, on a full disk, with damaged files or without a folder."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
import tiny_training as tiny
import torch
from caffe_proto import MESSAGES
from little_disk import largest_file

import compiler
import netspec
from compiler.training.events import Snapshotted
from compiler.training.resume import snapshots
from tools.__main__ import main

FORMS = {"BINARYPROTO": "", "HDF5": ".h5"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begin(path: Path) -> tuple[int, int]:
    """Train in a process of its own, from the last snapshot: its number, and where it tells of
    snapshots.
    """
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        solver = compiler.Solver(path)
        solver.resume()
        solver.solve(lambda e: os.write(tell, b"s") if isinstance(e, Snapshotted) else None)
        os._exit(0)
    os.close(tell)
    return child, told


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_weights() -> None:
    said = {"snapshot": "2", "max_iter": "80", "ema_decay": "0.9", "type": '"Adam"'}
    whole, _ = tiny.solve(**said)
    for file in Path("out").iterdir():
        file.unlink()
    path, chance, reached = tiny.write(**said), random.Random(7), 0
    for _ in range(6):
        child, told = begin(path)
        os.read(told, 1)  # there is a snapshot: from here on, at any moment
        time.sleep(chance.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(told)
        solver = tiny.make(**said)
        assert solver.resume().skipped == ()  # a file is there whole, or not at all
        assert solver.iteration > reached or reached == 80
        reached = solver.iteration
    solver.solve()
    assert tiny.same(tiny.weights(whole), tiny.weights(solver))
    assert tiny.same(whole.optimizer.history, solver.optimizer.history)


def test_what_a_killed_run_left_unfinished_is_swept_away() -> None:
    solver = tiny.make()
    Path("out").mkdir()
    ended = os.fork()
    if ended == 0:
        os._exit(0)
    os.waitpid(ended, 0)
    for process in (ended, os.getpid()):
        Path(f"out/.snap_iter_5.caffemodel.{process}.tmp").write_text("half of it")
    Path("out/.other_iter_5.caffemodel.1.tmp").write_text("not ours")
    solver.solve(iterations=1)
    left = sorted(path.name for path in Path("out").glob(".*"))
    mine = f".snap_iter_5.caffemodel.{os.getpid()}.tmp"
    assert left == [".other_iter_5.caffemodel.1.tmp", mine]


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_ends_training_and_leaves_the_last_snapshot(form: str) -> None:
    solver = tiny.make(snapshot_format=form)
    solver.solve(iterations=5)
    before = {p.name: p.read_bytes() for p in Path("out").iterdir()}
    with largest_file(1000), pytest.raises(netspec.SpecError) as caught:
        solver.solve()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "C226"
    assert re.search("File too large|No space left", diagnostic.message)
    assert f"snap_iter_5.solverstate{FORMS[form]}" in diagnostic.notes[0].message
    assert {p.name: p.read_bytes() for p in Path("out").iterdir()} == before


def damage(path: Path) -> None:
    """Turn one bit over in the middle of the numbers of a file."""
    content = bytearray(path.read_bytes())
    content[-len(content) // 3] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "one bit": damage,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", ["snap_iter_12.caffemodel", "snap_ema_iter_12.caffemodel"])
@pytest.mark.parametrize("what", DAMAGE)
def test_damaged_weights_are_passed_over_aloud(what: str, which: str, form: str) -> None:
    tiny.solve(ema_decay="0.9", snapshot_format=form)
    DAMAGE[what](Path("out", which + FORMS[form]))
    solver = tiny.make(ema_decay="0.9", snapshot_format=form)
    found = solver.resume()
    assert found.path == Path(f"out/snap_iter_10.solverstate{FORMS[form]}")
    assert solver.iteration == 10
    assert len(found.skipped) == 1
    assert which in found.skipped[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", ["one bit", "cut off", "empty", "a folder"])
def test_damaged_states_are_passed_over_aloud(what: str, form: str) -> None:
    tiny.solve(snapshot_format=form)
    DAMAGE[what](Path(f"out/snap_iter_12.solverstate{FORMS[form]}"))
    solver = tiny.make(snapshot_format=form)
    found = solver.resume()
    assert solver.iteration == 10
    assert "snap_iter_12.solverstate" in found.skipped[0]


def test_resuming_where_all_is_damaged_or_nothing_is_there() -> None:
    solver = tiny.make()
    assert solver.resume().path is None
    solver.solve()
    for state in snapshots(solver.file):
        damage(state)
    with pytest.raises(netspec.SpecError) as caught:
        tiny.make().resume()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "C221"
    assert len(diagnostic.notes) == 3


def test_a_snapshot_of_another_net_is_no_damage() -> None:
    tiny.solve()
    with pytest.raises(netspec.SpecError, match="C211"):
        tiny.make(tiny.NET.replace('"ip"', '"fc"')).resume()


def test_snapshots_are_found_by_iteration_in_both_formats() -> None:
    tiny.solve(snapshot_format="HDF5", max_iter="10")
    tiny.solve()
    names = [path.name for path in snapshots(tiny.make().file)]
    assert names[:2] == ["snap_iter_12.solverstate", "snap_iter_10.solverstate.h5"]
    assert len(names) == 5


def test_moved_snapshots_find_their_weights_beside_them_though_others_have_the_old_place() -> None:
    tiny.solve()
    Path("out").rename("moved")
    wanted, _ = tiny.solve(random_seed="9")
    solver = tiny.make()
    solver.restore("moved/snap_iter_12.solverstate")
    assert not tiny.same(tiny.weights(solver), tiny.weights(wanted))
    other = tiny.make()
    compiler.load_weights(other.net, "moved/snap_iter_12.caffemodel")
    assert tiny.same(tiny.weights(solver), tiny.weights(other))


def test_caffe_reads_what_we_write() -> None:
    """By Caffe's own message definitions, in protobuf's reader: what is ours is unknown to it."""
    solver, _ = tiny.solve(ema_decay="0.9", precision="FP16")
    state = MESSAGES["SolverState"]()
    state.ParseFromString(Path("out/snap_iter_12.solverstate").read_bytes())
    assert (state.iter, state.learned_net) == (12, "out/snap_iter_12.caffemodel")
    for mine, theirs in zip(solver.optimizer.history, state.history, strict=True):
        assert tuple(theirs.shape.dim) == tuple(mine.shape)
        assert torch.equal(torch.tensor(list(theirs.data)), mine.reshape(-1))
    for name in ("snap_iter_12", "snap_ema_iter_12"):
        net = MESSAGES["NetParameter"]()
        net.ParseFromString(Path(f"out/{name}.caffemodel").read_bytes())
        assert [len(layer.blobs) for layer in net.layer if layer.blobs] == [2, 3, 2, 2]


def test_caffes_layout_in_hdf5() -> None:
    solver, _ = tiny.solve(snapshot_format="HDF5")
    with h5py.File("out/snap_iter_12.solverstate.h5") as file:
        assert int(file["iter"][0]) == 12
        assert file["learned_net"][()] == b"out/snap_iter_12.caffemodel.h5"
        assert set(file["history"]) == {str(i) for i in range(len(solver.optimizer.history))}


def test_a_state_and_weights_are_not_given_together(capsys: pytest.CaptureFixture[str]) -> None:
    path = tiny.write()
    words = ["train", "--solver", str(path), "--weights", "a.caffemodel"]
    assert main([*words, "--snapshot", "a.solverstate"]) == 1
    assert "leave out --weights" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_known_before_training() -> None:
    Path("file").write_text("")
    with pytest.raises(netspec.SpecError, match="C210"):
        tiny.solve(snapshot_prefix='"file/snap"')


def test_data_that_cannot_be_read_leave_the_last_snapshot() -> None:
    pictures = [Path(f"{i}.ppm") for i in range(20)]
    for i, path in enumerate(pictures):
        path.write_bytes(b"P6 6 6 255\n" + bytes([i]) * 108)
    Path("list.txt").write_text("".join(f"{path} {i % 3}\n" for i, path in enumerate(pictures)))
    start, end = tiny.NET.index("layer {"), tiny.NET.index('layer { name: "conv"')
    source = 'image_data_param { source: "list.txt" batch_size: 2 }'
    data = f'layer {{ name: "data" type: "ImageData" top: "data" top: "label" {source} }}'
    solver = tiny.make(tiny.NET[:start] + data + tiny.NET[end:], snapshot="4", max_iter="50")
    told: list[object] = []

    def spoil(event: object) -> None:
        told.append(event)
        if isinstance(event, Snapshotted):
            for path in pictures:
                path.write_bytes(b"no picture")

    with pytest.raises(netspec.SpecError) as caught:
        solver.solve(spoil)
    assert all(d.code.startswith("C3") for d in caught.value.diagnostics)
    assert [e.iteration for e in told if isinstance(e, Snapshotted)][-1] == solver.kept
    pictures[0].write_bytes(b"P6 6 6 255\n" + bytes(108))  # from which the shape is known
    again = tiny.make(Path("net.prototxt").read_text(), snapshot="4", max_iter="50")
    assert again.resume().path == Path(f"out/snap_iter_{solver.kept}.solverstate")
