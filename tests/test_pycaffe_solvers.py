"""pycaffe's solvers step as the compiled ones do, and lie open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pycaffe_nets import SMALL, SOLVER

import compiler
import netspec
from compiler import pycaffe as caffe


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"])
def test_a_solver_steps_as_the_compiled_one_does(name: str) -> None:
    plain = SOLVER.replace(
        "momentum: 0.9", "" if name in ("AdaGrad", "RMSProp") else "momentum: 0.9"
    )
    Path("net.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(plain + f'type: "{name}"\n')
    mine = caffe.get_solver("solver.prototxt")
    assert type(mine) is getattr(caffe, f"{name}Solver")
    mine.step(4)
    theirs = compiler.Solver("solver.prototxt")
    for _ in range(4):
        theirs.step()
    assert mine.iter == theirs.iteration == 4
    for layer, tensors in compiler.blobs(theirs.net).items():
        for blob, tensor in zip(mine.net.params[layer], tensors):
            assert np.allclose(blob.data, tensor.detach(), atol=2e-5), layer


def test_a_solver_lies_open() -> None:
    Path("net.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(SOLVER)
    solver = caffe.SGDSolver("solver.prototxt")
    solver.net.blobs["label"].data[...] = 3  # a constant filler fills once: it stays
    solver.step(1)
    assert (solver.net.blobs["label"].data == 3).all()
    ip, there = solver.net.params["ip"][0], solver.test_nets[0].params["ip"][0]
    assert np.shares_memory(ip.data, there.data)
    ip.data[...] = 0
    ip.diff[...] = 1
    solver.net.params["ip"][1].diff[...] = 0
    before = solver.lr
    solver.param.base_lr = 0.5
    assert (before, solver.lr) == (0.01, 0.5)
    told: list[str] = []
    solver.add_callback(lambda: told.append("start"), lambda: told.append("ready"))
    solver.step(1)
    assert told == ["start", "ready"]
    solver.solve()
    assert solver.iter == solver.param.max_iter == 6
    solver.snapshot()
    again = caffe.SGDSolver("solver.prototxt")
    again.restore("made_iter_6.solverstate")
    assert again.iter == 6
    assert (again.net.params["ip"][0].data == solver.net.params["ip"][0].data).all()


def test_an_update_takes_diffs_from_scripts_and_leaves_what_was_subtracted() -> None:
    Path("net.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(SOLVER)
    solver = caffe.SGDSolver("solver.prototxt")
    weight = solver.net.layers[1].blobs[0]
    weight.data[...] = 0
    weight.diff[...] = 1
    solver.apply_update()
    assert np.allclose(weight.data, -0.01, atol=1e-7)
    assert np.allclose(weight.diff, 0.01, atol=1e-7)


def test_another_rule_than_the_files() -> None:
    Path("net.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(SOLVER)
    assert caffe.AdamSolver("solver.prototxt")._engine.settings.type == "Adam"
    with pytest.raises(netspec.SpecError, match="momentum"):
        caffe.AdaGradSolver("solver.prototxt")
