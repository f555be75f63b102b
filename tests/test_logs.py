"""Logs of training, Caffe's of every age and ours, as runs, tables and pictures."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from some_logs import NOW, OURS, entries, read

import netspec
from netspec.logs import read_log, read_logs
from netspec.logs.run import Key, Run

RESUMED = """\
I0102 12:00:00.000000  9 solver.cpp:281] Solving LeNet
I0102 12:00:00.000000  9 caffe.cpp:240] Resuming from lenet_iter_20.solverstate
I0102 12:00:01.000000  9 solver.cpp:228] Iteration 20 (0 iter/s, 1s/20 iters), loss = 0.25
I0102 12:00:11.000000  9 solver.cpp:228] Iteration 40 (2 iter/s, 10s/20 iters), loss = nan
"""
LOSS, RATE = Key("train", "loss"), Key("train", "lr")

# One line each, as Caffe and its forks wrote it over the years, and what it tells.
FORMS: list[tuple[str, Key, float]] = [
    ("Iteration 5, loss = 2.30258", LOSS, 2.30258),
    ("Iteration 5 (1.2 iter/s, 83s/100 iters), loss = 6.9e-05", LOSS, 6.9e-05),
    ("Iteration 5 (1.2/s, 83s/100 iter), 0.1/90ep, loss = .5", LOSS, 0.5),
    ("I0101 10:00:00.1 140 solver.cpp:2] [0] Iteration 5, loss = 7", LOSS, 7),
    ("I20260101 10:00:00.000001 140 solver.cpp:2] Iteration 5, loss = 7", LOSS, 7),
    ("Iteration 5, loss = -nan", LOSS, math.nan),
    ("Iteration 5, loss = -nan(ind)", LOSS, math.nan),
    ("Iteration 5, loss = 1.#QNAN", LOSS, math.nan),
    ("Iteration 5, loss = 1.#INF", LOSS, math.inf),
    ("Iteration 5, loss = inf", LOSS, math.inf),
    ("Iteration 5, lr = 0.00992565", RATE, 0.00992565),
    ("Iteration 5, lr = 1e-05, m = 0.9", RATE, 1e-05),
    ("Test loss: 0.25", Key("test", "loss"), 0.25),
    ("Test score #1: 0.0606671", Key("test net", "score #1"), 0.0606671),
    ("    Test net output #0: top-5 = 0.9", Key("test net", "top-5"), 0.9),
    ("    Train net output #3: a = -1 (* 1 = -1 loss)", Key("train net", "a"), -1),
]


def values(run: Run, of: str, name: str) -> list[tuple[int, float, float]]:
    """(iteration, seconds, value) of a series."""
    series = run.series[Key(of, name)]
    return list(zip(series.iterations, series.seconds, series.values))


@pytest.mark.parametrize(("line", "key", "value"), FORMS)
def test_every_form_of_a_line(line: str, key: Key, value: float, tmp_path: Path) -> None:
    (run,) = read(f"Iteration 5, Testing net (#0)\n{line}\n", tmp_path)
    series = run.series[key]
    assert series.iterations == [5]
    assert series.values == pytest.approx([value], nan_ok=True)


def test_a_log_over_the_end_of_a_year(tmp_path: Path) -> None:
    (run,) = read(NOW, tmp_path)
    assert (run.net, run.iterations, run.seconds) == ("LeNet", 20, 10)
    assert values(run, *LOSS) == [(0, 2, 3.5), (20, 10, 1e-05)]
    assert values(run, *RATE) == [(0, 2, 0.01), (20, 10, 0.001)]
    assert values(run, "test net", "accuracy") == [(0, 1, 0.1)]
    assert values(run, "test", "loss") == [(0, 2, pytest.approx(3.6))]  # said after its parts
    assert {key.name for key, s in run.series.items() if s.is_loss} == {
        "loss",
        "loss1/loss",
        "loss2/loss",
    }


def test_a_resumed_run_is_one_without_the_pause(tmp_path: Path) -> None:
    (run,) = read(NOW + RESUMED, tmp_path)
    assert run.resumed == [20]
    assert values(run, *LOSS)[:2] == [(0, 2, 3.5), (20, 11, 0.25)]
    assert run.iterations == 40
    assert run.seconds == 21


def test_several_runs_and_test_nets(tmp_path: Path) -> None:
    more = "Iteration 20, Testing net (#1)\n    Test net output #0: accuracy = 0.5\n" * 2
    path = tmp_path / "a.log"
    path.write_text(NOW + more + NOW)
    first, second = read_logs([path])
    assert (first.name, second.name) == ("a (1)", "a (2)")
    assert [run.name for run in read_logs([path, path], last=True)] == ["a", "a"]
    assert [s[::2] for s in values(first, "test net #1", "accuracy")] == [(20, 0.5)]
    assert values(second, *LOSS) == values(read_logs([path])[1], *LOSS)


def test_outputs_of_several_elements_have_a_number_each(tmp_path: Path) -> None:
    lines = "".join(f"    Test net output #{i}: per_class = 0.{i}\n" for i in range(3))
    (run,) = read(f"Iteration 7, Testing net (#0)\n{lines}", tmp_path)
    assert [key.name for key in run.series] == ["per_class", "per_class[1]", "per_class[2]"]


def test_what_is_put_together_by_hand_is_cut_where_it_steps_back(tmp_path: Path) -> None:
    lines = [f"Iteration {i}, loss = {i}\n" for i in (10, 20, 30, 20, 30, 40)]
    (run,) = read("".join(lines), tmp_path)
    assert run.series[LOSS].iterations == [10, 20, 30, 40]
    assert run.resumed == [20]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_log_of_any_shell(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "train.log").write_bytes(NOW.replace("\n", "\r\n").encode(encoding))
    (run,) = read_log(tmp_path / "train.log")
    assert len(run.series[LOSS].values) == 2
    assert run.net == "LeNet"


def test_our_log(tmp_path: Path) -> None:
    (run,) = read(OURS, tmp_path)
    assert (run.net, run.per_epoch, run.seconds) == ("tiny", 20, 4)
    assert values(run, *LOSS)[0] == (0, 1, 2.5)
    assert math.isnan(values(run, *LOSS)[1][2])
    assert values(run, "test #1", "loss") == [(10, 4, 0.5)]
    assert values(run, "test net #1", "accuracy[1]") == [(10, 4, 1)]


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (OURS + '{"event": "tra', True),
        (OURS + '{"event": "tra\n' + OURS, True),
        (OURS + '{"event": "tra\n' + OURS.split("\n", 1)[1], False),
        (OURS + '{"event": "train", "iteration": 11}\n', False),
        (OURS + '{"event": "train", "iteration": -1}\n' + OURS.split("\n", 1)[1], False),
        (OURS + entries({"event": "start", "iteration": 12, "net": 3, "time": "noon"}), False),
        (OURS + "[" * 100_000 + "\n" + OURS, True),
    ],
)
def test_damage_is_told_from_the_end_of_a_killed_run(text: str, fine: bool, tmp_path: Path) -> None:
    if fine:
        assert read(text, tmp_path)[-1].iterations == 10
        return
    with pytest.raises(netspec.SpecError, match=r"line 6 of .*train\.log") as caught:
        read(text, tmp_path)
    assert [d.code for d in caught.value.diagnostics] == ["C241"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "no log"), (bytes(range(256)) * 99, "no log"), (b"I0101 1:00:00.1 7 a:1] x\n", "yet")],
)
def test_what_is_no_log(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(netspec.SpecError, match=said) as caught:
        read_log(path)
    assert [d.code for d in caught.value.diagnostics] == ["C240"]


def test_names_tell_files_apart() -> None:
    def names(*paths: str) -> list[str]:
        from netspec.logs.read import tell_apart

        return list(tell_apart([Path(p) for p in paths]))

    assert names("out/a_log.jsonl", "out/b.log") == ["a", "b"]
    assert names("one/train.log", "two/train.log") == ["one/train", "two/train"]
    assert names("a.log", "a.log") == ["a", "a"]
