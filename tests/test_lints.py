"""What sets a lint off is in its code's examples; here is what does not, and how it is silenced."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.check import check_file, check_source
from netspec.codes import CODES
from netspec.lints import RULES, SOLVER_RULES, STATE_RULES, lint
from netspec.lints.fold import folded
from netspec.source import Source
from tools.__main__ import main

ROOT = Path(__file__).parents[1]
ZOO = sorted(path for path in (ROOT / "specs").glob("*/*") if path.suffix in (".yaml", ".prototxt"))
LINTS = [name for name in CODES if "N510" <= name <= "N559"]


@pytest.mark.parametrize("path", ZOO, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_is_said_of_the_zoo(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert check_file(path).diagnostics == ()


HEAD = "inputs: {data: [32, 3, 8, 8], label: [32]}\nlayers:\n"
CONV = """\
  - Convolution:
      {name: a, bottom: data, num_output: 8, kernel_size: 3, weight_filler: {type: msra}}
"""
SCALE, RELU = "  - Scale: {name: scale, bias_term: true}\n", "  - ReLU: {name: relu}\n"
NORM = "  - BatchNorm: {name: norm}\n" + SCALE + RELU
FC = "  - InnerProduct: {name: fc, num_output: 10, weight_filler: {type: xavier}}\n"
LOSS = "  - SoftmaxWithLoss: {name: loss, bottom: [fc, label], include: {phase: TRAIN}}\n"
PROB = "  - Softmax: {name: prob, bottom: fc, include: {phase: TEST}}\n"
END = FC + LOSS + PROB


def codes(text: str, name: str = "net.yaml") -> list[str]:
    return [d.code for d in check_source(Source(name, text)).diagnostics]


PLAIN = CONV.replace("name: a,", "name: a, bias_term: false,")


def conv(name: str, settings: str) -> str:
    return f"  - Convolution: {{name: {name}, {settings}, weight_filler: {{type: msra}}}}\n"


FINE = {
    "a bias may count in a net that is only used": CONV + NORM + FC + "  - Softmax\n",
    "a bias that is not learned": CONV.replace("name: a,", "name: a, param: [{}, {lr_mult: 0}],")
    + NORM
    + END,
    "frozen statistics": CONV + NORM.replace("norm}", "norm, use_global_stats: true}") + END,
    "a linear layer takes up the scale": PLAIN + "  - BatchNorm: {name: norm}\n" + END,
    "a net that always normalises after the activation": CONV
    + RELU
    + "  - BatchNorm: {name: norm}\n"
    + SCALE
    + END,
    "weights that are all loaded": (
        CONV + "  - InnerProduct: {name: fc1, num_output: 5}\n" + END
    ).replace(", weight_filler: {type: xavier}", ""),
    "one layer that starts at zero": CONV + "  - InnerProduct: {name: fc1, num_output: 5}\n" + END,
    "a branch that Silence reads": CONV
    + conv("b", "bottom: data, num_output: 2, kernel_size: 1")
    + "  - Silence: {bottom: b}\n"
    + END.replace("name: fc,", "name: fc, bottom: a,"),
    "an activation in place behind one that keeps no top": CONV
    + "  - ReLU: {name: relu, top: a}\n  - Dropout: {name: drop, top: a}\n"
    + END,
    "a shortcut of stride 2": CONV + conv("b", "num_output: 4, kernel_size: 1, stride: 2") + END,
    "a depthwise convolution": CONV + conv("b", "num_output: 8, group: 8, kernel_size: 3") + END,
    "an even window with an even stride": CONV
    + conv("b", "num_output: 8, kernel_size: 4, stride: 2, pad: 1")
    + END,
    "a softmax in the middle, as attention has it": CONV + "  - Softmax: {name: weigh}\n" + END,
    "dropped after the last normalisation": PLAIN + NORM + "  - Dropout: {name: drop}\n" + END,
}


@pytest.mark.parametrize("name", FINE)
def test_nothing_is_said_of(name: str) -> None:
    assert codes(HEAD + FINE[name]) == []


CANCELLED = HEAD + CONV + NORM + END
BLOCK = """\
blocks:
  conv:
    layers:
      - Convolution:{0}
          {{name: ., num_output: 8, kernel_size: 1, weight_filler: {{type: msra}}}}
      - BatchNorm
      - Scale: {{bias_term: true}}
      - ReLU
inputs: {{data: [32, 3, 8, 8], label: [32]}}
layers:
  - conv: {{name: one, bottom: data}}{1}
  - conv: {{name: two}}{2}
"""
IGNORE = "# netspec: ignore N514"
SILENCED = {
    "above the layer": (CANCELLED.replace("  - Conv", f"  {IGNORE}\n  - Conv"), []),
    "behind it": (CANCELLED.replace("msra}}\n", f"msra}}}}  {IGNORE}: as published\n"), []),
    "at the head of the file": (f"# A net.\n{IGNORE} N513\n" + CANCELLED, ["N559"]),
    "on another layer": (
        CANCELLED.replace("  - BatchNorm", f"  {IGNORE}\n  - BatchNorm"),
        ["N559", "N514"],
    ),
    "another code": (
        CANCELLED.replace("  - Conv", "  # netspec: ignore N515\n  - Conv"),
        ["N559", "N514"],
    ),
    "no such code": (CANCELLED.replace("  - Conv", f"  {IGNORE}, N541\n  - Conv"), ["N559"]),
    "an error": (CANCELLED.replace("  - Conv", f"  {IGNORE}, N202\n  - Conv"), ["N559"]),
    "no code": (
        CANCELLED.replace("  - Conv", "  # netspec: ignore\n  - Conv"),
        ["N559", "N514"],
    ),
    "no colon": (
        CANCELLED.replace("  - Conv", "  # netspec ignore N514\n  - Conv"),
        ["N559", "N514"],
    ),
    "a comment that says who wrote it": ("# Made with netspec.\n" + CANCELLED, ["N514"]),
    "two codes": (CANCELLED.replace("  - Conv", f"  {IGNORE}, N520\n  - Conv"), ["N559"]),
    "words that are no comment": (CANCELLED.replace("name: a,", f"name: '{IGNORE}',"), ["N514"]),
    "in a block, for every use": (BLOCK.format(f"  {IGNORE}", "", "") + END, []),
    "at one use of a block": (BLOCK.format("", f"  {IGNORE}", "") + END, ["N514"]),
    "at both uses": (BLOCK.format("", f"  {IGNORE}", f"  {IGNORE}") + END, []),
}


@pytest.mark.parametrize("place", SILENCED)
def test_a_comment_silences(place: str) -> None:
    text, left = SILENCED[place]
    assert sorted(codes(text)) == sorted(left)


PROTOTXT = """\
name: "net"
input: "data" input_shape { dim: 32 dim: 3 dim: 8 dim: 8 }
input: "label" input_shape { dim: 32 }
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 8 kernel_size: 3 weight_filler { type: "msra" } }
}
layer { name: "norm" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
        inner_product_param { num_output: 9 weight_filler { type: "msra" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label"
        include { phase: TRAIN } }
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("layer {\n  name", f"{IGNORE}\nlayer {{\n  name"),
        ("layer {\n  name", f"# Why.\n{IGNORE}\n\n# More.\nlayer {{\n  name"),
        ("layer {\n  name", f"layer {{  {IGNORE}\n  name"),
        ("  convolution_param", f"  {IGNORE}\n  convolution_param"),
        ('"msra" } }\n}', f'"msra" }} }}\n}}  {IGNORE}'),
        ('name: "net"', f'{IGNORE}\nname: "net"'),
    ],
)
def test_in_a_prototxt(before: str, after: str) -> None:
    assert codes(PROTOTXT, "net.prototxt") == ["N514"]
    assert codes(PROTOTXT.replace(before, after, 1), "net.prototxt") == []


def test_a_setting_that_changes_nothing_is_silenced_as_well() -> None:
    text = PROTOTXT.replace("bias_term: true } }", "bias_term: true } relu_param { }\n}")
    assert codes(text, "net.prototxt") == ["N514", "N501"]
    silent = text.replace('layer { name: "scale"', '# netspec: ignore N501\nlayer { name: "scale"')
    assert codes(silent, "net.prototxt") == ["N514"]


def test_in_a_solver(tmp_path: Path) -> None:
    net = tmp_path / "net.yaml"
    net.write_text(CANCELLED.replace("  - Conv", f"  {IGNORE}\n  - Conv"))
    solver = tmp_path / "solver.prototxt"
    lines = f'net: "{net}"\nbase_lr: 0.1\nlr_policy: "step"\ngamma: 0.1\nmax_iter: 9\nstepsize: 9'
    for comment, left in ((" # netspec: ignore N533", []), ("", ["N533"])):
        solver.write_text(f"{lines}{comment}\n")
        assert [d.code for d in check_file(solver).diagnostics] == left
    solver.write_text(lines.replace("stepsize", "# netspec: ignore N533\nstepsize") + "\n")
    assert check_file(solver).diagnostics == ()


def test_of_one_state_a_comment_is_not_in_vain() -> None:
    source = Source("net.yaml", SILENCED["above the layer"][0])
    assert check_source(source, "TEST").diagnostics == ()


def test_many_comments_take_no_long_time() -> None:
    text = CANCELLED.replace("  - Conv", "  # netspec: ignore N514\n" * 20_000 + "  - Conv")
    assert codes("#" * 5000 + "\n" + text) == []
    assert len(codes(text.replace("N514", "N515"))) == 20_001


def test_strict_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(CANCELLED)
    assert main(["check", str(path)]) == 0
    assert "net.yaml: ok, 8 layers in TRAIN and TEST, 1 warning" in capsys.readouterr().out
    assert main(["check", "--strict", str(path)]) == 1
    assert capsys.readouterr().out == f"{path}: 1 warning\n"
    path.write_text(SILENCED["behind it"][0])
    assert main(["check", "--strict", str(path)]) == 0


def test_many_of_a_kind_are_shown_as_one() -> None:
    blocks = "".join(f"  - conv: {{name: more{i}}}\n" for i in range(9))
    found = check_source(Source("net.yaml", BLOCK.format("", "", "") + blocks + END)).diagnostics
    assert [d.code for d in found] == ["N514"] * 11
    (shown,) = folded(found)
    assert shown.notes[-1].message == "and so in 10 more uses of the block"


def test_every_rule_has_a_code_and_says_so() -> None:
    said = [str(rule.__doc__)[:4] for rule in (*RULES, *STATE_RULES, *SOLVER_RULES)]
    assert sorted([*said, "N559"]) == sorted(LINTS)


def test_a_graph_is_linted_by_itself() -> None:
    graph = check_source(Source("net.yaml", CANCELLED)).nets["TRAIN"]
    assert [d.code for d in lint(graph)] == ["N514"]


IN_A_BLOCK = """\
inputs: {data: [2, 3, 16, 16], label: [2]}
blocks:
  conv:
    with: {out: }
    layers:
      - Convolution: {name: ., num_output: =out, kernel_size: 1, weight_filler: {type: msra}}
      - BatchNorm
      - Scale: {bias_term: true}
layers:
  - conv: {name: a, bottom: data, out: 8}
  - conv: {name: b, out: 8}
  - InnerProduct: {name: fc, num_output: 3, weight_filler: {type: xavier}}
  - SoftmaxWithLoss: {name: loss, bottom: [fc, label]}
"""


def test_a_line_of_a_block_is_shown_once_and_a_net_without_rules_is_one_to_train() -> None:
    found = check_source(Source("net.yaml", IN_A_BLOCK)).warnings
    assert [d.code for d in found] == ["N514", "N514"]
    (shown,) = folded(found)
    assert shown.notes[-1].message == "and so in 1 more uses of the block"


DIGITS = ROOT / "specs" / "digits"
LENET, SOLVER = "lenet.yaml", "solver.prototxt"
AGAINST_DATA = {
    "labels in a database": (LENET, "num_output: 10", "num_output: 5", "N527", "from 0 to 9"),
    "a test of too few": (SOLVER, "test_iter: 6", "test_iter: 5", "N532", "some are not tested"),
    "one that goes round": (SOLVER, "test_iter: 6", "test_iter: 7", "N532", "are tested twice"),
}


@pytest.mark.parametrize("name", AGAINST_DATA)
def test_against_the_data(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    file, before, after, code, words = AGAINST_DATA[name]
    text = (DIGITS / file).read_text()
    assert before in text
    path = tmp_path / file
    path.write_text(text.replace(before, after))
    found = check_file(path).diagnostics
    assert found
    assert {d.code for d in found} == {code}
    assert all(words in d.message for d in found)
