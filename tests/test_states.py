"""Which layers are in which net: the states that a file tells apart, and why layers are absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec import SpecError
from netspec.source import Source
from netspec.states import States, states
from tools.__main__ import main

HEAD = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 8 } } }\n'


def layer(name: str, rules: str = "") -> str:
    return f'layer {{ name: "{name}" type: "ReLU" bottom: "data" top: "{name}" {rules} }}\n'


def found(*rules: str, head: str = "") -> States:
    layers = [layer(f"l{i}", rule) for i, rule in enumerate(rules)]
    return states(Source("net.prototxt", head + HEAD + "".join(layers)))


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ([], ["always"]),
        (["include { phase: TRAIN }"], ["TRAIN", "TEST"]),
        (["exclude { phase: TEST }"], ["TRAIN", "TEST"]),
        (['include { stage: "deploy" }'], ["no stage", "deploy"]),
        (['include { not_stage: "deploy" }'], ["no stage", "deploy"]),
        (
            ['include { phase: TEST stage: "val" }', "include { phase: TRAIN }"],
            ["TRAIN", "TEST", "TEST val"],
        ),
        (['include { stage: "a" stage: "b" }'], ["no stage", "a b"]),
        (["include { min_level: 2 }"], ["no stage", "level 2"]),
        (["include { max_level: 1 }"], ["no stage", "level 2"]),
        (["include { min_level: 0 max_level: 0 }"], ["no stage", "level -1"]),
        (["include { phase: TRAIN }", "include { phase: TEST }"], ["TRAIN", "TEST"]),
    ],
)
def test_a_column_is_a_state_that_the_rules_tell_apart(rules: list[str], names: list[str]) -> None:
    table = found(*rules)
    assert [table.name(s) for s in table.columns] == names


def test_a_stage_that_the_file_asks_for_is_in_every_state() -> None:
    table = found('include { stage: "own" }', head='state { stage: "own" }\n')
    assert [table.name(s) for s in table.columns] == ["no stage"]
    assert table.count(table.columns[0]) == 2


@pytest.mark.parametrize(
    ("rules", "out", "why"),
    [
        ("include { phase: TRAIN }", ["TEST"], ["include { phase: TRAIN }"]),
        ("exclude { phase: TRAIN }", ["TRAIN"], ["exclude { phase: TRAIN }"]),
        ("include {}", [], []),
        ("exclude {}", ["TRAIN", "TEST"], ["exclude {}"]),
        (
            'include { phase: TRAIN stage: "a" } include { phase: TRAIN stage: "b" }',
            ["TRAIN", "TEST"],
            ['include { phase: TRAIN stage: "a" }', 'include { phase: TRAIN stage: "b" }'],
        ),
    ],
)
def test_the_rule_that_leaves_a_layer_out(rules: str, out: list[str], why: list[str]) -> None:
    table = found(rules, "include { phase: TRAIN }")
    plain = [s for s in table.columns if not s.stage]
    row = table.rows[1]
    assert [table.name(s) for s in plain if row.left_out_by(s)] == out
    for state in plain:
        if row.left_out_by(state):
            assert [rule.text for rule in row.left_out_by(state)] == why
            assert all(rule.span.line == 2 for rule in row.left_out_by(state))


PHASE = st.sampled_from(["", "phase: TRAIN", "phase: TEST"])
STAGE = st.sampled_from(["", 'stage: "a"', 'not_stage: "a"', 'stage: "a" not_stage: "b"'])
LEVEL = st.sampled_from(["", "min_level: 1", "max_level: 0", "min_level: -1 max_level: 2"])
RULES = st.builds(
    "{} {{ {} {} {} }}".format, st.sampled_from(["include", "exclude"]), PHASE, STAGE, LEVEL
)


@given(st.lists(RULES, min_size=1, max_size=5))
def test_it_says_what_is_built(rules: list[str]) -> None:
    """In every state that is shown, the layers are those of the graph of that state."""
    table = found(*rules)
    text = HEAD + "".join(layer(f"l{i}", rule) for i, rule in enumerate(rules))
    nets = set()
    for state in table.columns:
        graph = netspec.loads(text, state.phase, state.level, state.stage)
        shown = [row.name for row in table.rows if not row.left_out_by(state)]
        assert [node.name for node in graph.nodes] == shown
        nets.add((state.stage, state.level, tuple(shown)))
    assert len(nets) >= len({net for _, _, net in nets})


def test_the_table_and_its_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    always = "".join(layer(f"r{i}") for i in range(5))
    path.write_text(HEAD + always + layer("train_only", "include { phase: TRAIN }"))
    assert main(["states", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "layer       type      TRAIN  TEST",
        "data .. r4  6 layers  in     in",
        "train_only  ReLU      in     -",
        "  not in the net, unless include { phase: TRAIN }, line 7",
        "",
        "7 layers: 7 in TRAIN, 6 in TEST",
    ]
    assert main(["states", str(path), "--all"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 11
    assert main(["states", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [state["name"] for state in told["states"]] == ["TRAIN", "TEST"]
    assert told["layers"][-1]["in"] == ["TRAIN"]
    assert told["layers"][-1]["left_out_by"] == {
        "TEST": [{"rule": "include { phase: TRAIN }", "line": 7}]
    }


def test_many_states_have_letters_and_lines_stay_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.prototxt"
    stages = [f'include {{ stage: "a_stage_of_some_length_{i}" }}' for i in range(9)]
    path.write_text(HEAD + "".join(layer(f"layer_{i}" * 9, s) for i, s in enumerate(stages)))
    assert main(["states", str(path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1] == "  B  a_stage_of_some_length_0: 2 layers"
    assert max(map(len, shown)) <= 80


def test_rules_at_fault_are_placed() -> None:
    with pytest.raises(SpecError) as error:
        found("include { phase: VALIDATE }", "include { phse: TRAIN }")
    assert [d.code for d in error.value.diagnostics] == ["N206", "N202"]
    assert all(d.span is not None for d in error.value.diagnostics)


@pytest.mark.parametrize(
    ("text", "code"), [("", "N312"), ('name: "x"', "N312"), ("base_lr: 0.1", "N202")]
)
def test_a_file_without_layers_is_no_net(text: str, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        states(Source("net.prototxt", text))
    assert [d.code for d in caught.value.diagnostics] == [code]
