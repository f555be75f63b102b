"""Solver files: their states, nets and paths, and what is wrong or odd in them."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from compiler.training.nets import choose_device
from netspec.solver_file import load_solver, loads_solver

STATED = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 2] } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 1 } } }
layer { name: "train" type: "ReLU" bottom: "data" top: "a" include { phase: TRAIN } }
layer { name: "test" type: "ReLU" bottom: "data" top: "b" include { phase: TEST } }
layer { name: "deep" type: "ReLU" bottom: "data" top: "c" include { min_level: 2 } }
layer { name: "mine" type: "ReLU" bottom: "data" top: "d" include { stage: "mine" } }
layer { name: "both" type: "ReLU" bottom: "data" top: "e" include { stage: "mine" stage: "more" } }
"""
STATES = {  # the net's own state, the solver's: the layers that are there in train and test net
    ("", ""): ({"train"}, {"test"}),
    ("state { level: 2 }", ""): ({"train", "deep"}, {"test", "deep"}),
    ("state { phase: TEST }", ""): ({"test"}, {"test"}),
    ("state { phase: TEST }", "train_state { phase: TRAIN }"): ({"train"}, {"test"}),
    ("state { level: 2 }", "train_state { level: 1 }"): ({"train"}, {"test", "deep"}),
    ('state { stage: "mine" }', 'train_state { stage: "more" }'): (
        {"train", "mine", "both"},
        {"test", "mine"},
    ),
    ("", 'test_state { stage: "mine" level: 3 }'): ({"train"}, {"test", "deep", "mine"}),
}


@pytest.mark.parametrize(("own", "said"), STATES)
def test_states_merge_as_in_caffe(own: str, said: str) -> None:
    text = f"net_param {{ {own} {STATED} }} {said} test_iter: 1 test_interval: 1"
    solver = loads_solver(f'{text} base_lr: 1 lr_policy: "fixed"')
    (test,) = solver.test_graphs()
    inputs = {"data", "label"}
    for graph, wanted in zip((solver.train_graph(), test), STATES[own, said]):
        assert {n.name for n in graph.nodes} - inputs == wanted


@pytest.mark.parametrize(
    ("level", "stages", "wanted"),
    [
        (None, (), {"train", "deep"}),
        (0, ("mine",), {"train", "mine"}),
        (None, ("mine", "more"), {"train", "deep", "mine", "both"}),
    ],
)
def test_level_and_stages_may_be_given_from_outside(
    level: int | None, stages: tuple[str, ...], wanted: set[str]
) -> None:
    text = f"net_param {{ state {{ level: 2 }} {STATED} }} test_iter: 1 test_interval: 1"
    solver = loads_solver(f'{text} base_lr: 1 lr_policy: "fixed"').in_state(level, stages)
    (test,) = solver.test_graphs()
    inputs = {"data", "label"}
    assert {n.name for n in solver.train_graph().nodes} - inputs == wanted
    assert {n.name for n in test.nodes} - inputs == {"test", "deep"}


def test_test_nets_come_in_caffes_order(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.prototxt").write_text(f'name: "{name}" {STATED}')
    solver = loads_solver(
        'net: "a.prototxt" test_net: "b.prototxt" test_iter: [1, 2, 3, 4] test_interval: 1 '
        f'test_net_param {{ name: "inline" {STATED} }} base_lr: 1 lr_policy: "fixed"',
        name=str(tmp_path / "solver.prototxt"),
    )
    assert [g.name for g in solver.test_graphs()] == ["inline", "b", "a", "a"]
    assert solver.train_graph().name == "a"


def test_paths_start_here_or_beside_the_solver_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, name in ((here, "here"), (there, "there")):
        folder.mkdir()
        (folder / "net.prototxt").write_text(f'name: "{name}" {STATED}')
    path = there / "solver.prototxt"
    path.write_text('net: "net.prototxt" base_lr: 1 lr_policy: "fixed"')
    monkeypatch.chdir(here)
    assert load_solver(path).train_graph().name == "here"
    (here / "net.prototxt").unlink()
    assert load_solver(path).train_graph().name == "there"


PREFIXES = {  # snapshot_prefix as written: as used, for a solver file s/my.prototxt
    "": "s/my",
    'snapshot_prefix: "out"': "out/my",  # a directory
    'snapshot_prefix: "out/net"': "out/net",
    'snapshot_prefix: "net"': "net",
}


@pytest.mark.parametrize("text", PREFIXES)
def test_snapshot_prefix(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    solver = loads_solver(f'net: "n" base_lr: 1 lr_policy: "fixed" {text}', name="s/my.prototxt")
    assert solver.snapshot_prefix == Path(PREFIXES[text])


def test_a_solver_in_yaml_says_the_same() -> None:
    text = (
        'net: "n.prototxt" base_lr: 0.1 lr_policy: "step" gamma: 0.5 stepsize: 3 test_iter: [1, 2]'
    )
    prototxt = loads_solver(f"{text} test_interval: 5 snapshot_format: HDF5 momentum: .9")
    yaml = """
        net: n.prototxt
        base_lr: 0.1
        lr_policy: step
        gamma: 0.5
        stepsize: 3
        test_iter: [1, 2]
        test_interval: 5
        snapshot_format: HDF5
        momentum: 0.9
    """
    assert loads_solver(yaml, name="solver.yaml").parameter == prototxt.parameter


def test_the_old_solver_type_is_read() -> None:
    solver = loads_solver('net: "n" base_lr: 1 lr_policy: "fixed" solver_type: NESTEROV')
    assert solver.parameter.type == "Nesterov"


FAULTS = {  # text: the codes that it gives
    'net: "n"': {"C202"},  # base_lr and lr_policy
    'base_lr: 1 lr_policy: "fixed"': {"C201"},
    'net: "n" base_lr: 1 lr_policy: "fix"': {"C203"},
    'net: "n" base_lr: 1 lr_policy: "poly" power: 1 max_iter: 0': {"C205"},
    'net: "n" base_lr: 1 lr_policy: "step" gamma: -1 stepsize: 0': {"C205"},
    'net: "n" base_lr: 1 lr_policy: "fixed" regularization_type: "L3"': {"C203"},
    'net: "n" base_lr: 1 lr_policy: "fixed" iter_size: 0': {"N205"},
    'net: "n" base_lr: 1 lr_policy: "fixed" average_loss: 0': {"N205"},
    'net: "n" base_lr: 1 lr_policy: "fixed" test_interval: 5 test_net: "t"': {"C206"},
    'net: "n" base_lr: 1 lr_policy: fixed': {"N204"},
    'net: "n" base_lr: 1 lr_policy: "fixed" momentun: 0.9': {"N202"},
    'net: "n" base_lr: 1 lr_policy: "fixed" snapshot_format: HDF6': {"N206"},
    'net: "n" base_lr: 1 lr_policy: "fixed" type: "SGD" solver_type: SGD': {"N175"},
    'net: "n" net_param: 3 base_lr: 1 lr_policy: "fixed"': {"N204"},
    'net: "n" base_lr: -1 lr_policy: "fixed"': {"C205"},
    'net: "n" base_lr: 1 lr_policy: "fixed" display: -1': {"N205"},
    'net: "n" base_lr: 1 lr_policy: "fixed" snapshot: -5': {"N205"},
    'net: "n" base_lr: 1 lr_policy: "fixed" ema_decay: 1': {"C205"},
    'net: "n" base_lr: 1 lr_policy: "fixed" min_lr: -1': {"C205"},
    'net: "n" base_lr: 1 lr_policy: "fixed" precision: FP8': {"N206"},
    'net: "n" base_lr: 1 lr_policy: "fixed" early_stop: 2': {"C225"},
    'net: "n" base_lr: 1 lr_policy: "cosine"': {"C202"},
    'net: "n" base_lr: 1 lr_policy: "plateau" test_iter: 1 test_interval: 1': {"C202"},
}


ODD = {  # text: the codes that it is warned with
    "test_interval: 5": {"N581"},
    "test_iter: 0 test_interval: 5": {"N581"},
    "max_iter: 10 snapshot: 11": {"N581"},
    "max_iter: 10 warmup_iter: 11": {"N581"},
    'monitor: "accuracy"': {"N581"},
    "plateau_patience: 2": {"N581"},
    "stepvalue: 5": {"N582"},
    "base_lr: 0": {"N583"},
    "device_id: 0 device_id: 1": {"N502"},
    "momentum: 1": {"N583"},
    "momentum: -0.5": {"N583"},
    "weight_decay: -1": {"N583"},
    "clip_gradients: 0": {"N583"},
    'type: "AdaGrad" delta: 0': {"N583"},
    'lr_policy: "step" gamma: 0 stepsize: 3': {"N583"},
    'lr_policy: "multistep" gamma: 0.1 stepvalue: [3, 3]': {"N582"},
    'lr_policy: "multistep" gamma: 0.1 stepvalue: [3, 9] max_iter: 9': {"N582"},
    "momentum: 0.9 max_iter: 10 snapshot: 10 test_iter: 1 test_interval: 5": set(),
}


@pytest.mark.parametrize("text", ODD)
def test_odd_settings_are_warned_of(text: str) -> None:
    usual = {"net": '"n"', "base_lr": "1", "lr_policy": '"fixed"'}
    before = " ".join(f"{k}: {v}" for k, v in usual.items() if f"{k}:" not in text)
    solver = loads_solver(f"{before} {text}")
    assert {d.code for d in solver.warnings} == ODD[text]
    assert all(d.span is not None and d.help for d in solver.warnings)


def test_what_the_policy_does_not_read_may_be_anything() -> None:
    text = 'net: "n" base_lr: 1 lr_policy: "fixed" gamma: -1 stepsize: 0'
    assert loads_solver(text).warnings == ()


@pytest.mark.parametrize("text", FAULTS)
def test_faults_of_a_solver_file(text: str) -> None:
    with pytest.raises(netspec.SpecError) as caught:
        loads_solver(text)
    assert {d.code for d in caught.value.diagnostics} == FAULTS[text]
    assert all(d.span is not None for d in caught.value.diagnostics)


@pytest.mark.parametrize("name", ["net.prototxt", "net.yaml"])
def test_a_net_is_no_solver(name: str) -> None:
    layer = 'layer: [{ name: "r", type: "ReLU" }]' if name.endswith("yaml") else "layer { }"
    with pytest.raises(netspec.SpecError, match="the file is a net, not a solver"):
        loads_solver(layer, name)


DEVICES = {
    "tpu": "PyTorch has no device tpu; there are cpu, cuda and cuda:N",
    "meta": "no data",
    "cuda:99": "there is no GPU|this machine has cuda:0",
    "cpu:x": "the device cpu:x cannot be used",
}


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_that_is_not_there(name: str) -> None:
    with pytest.raises(netspec.SpecError, match=DEVICES[name]) as caught:
        choose_device(name)
    assert [d.code for d in caught.value.diagnostics] == ["C214"]


def test_a_misspelt_setting_is_a_solvers() -> None:
    with pytest.raises(netspec.SpecError, match="a solver has no setting max_iters"):
        loads_solver('net: "n" base_lr: 1 lr_policy: "fixed" max_iters: 3')
