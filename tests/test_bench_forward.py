"""The bench of forward passes runs, alone and beside another program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.bench_forward import main

LENET = str(Path(__file__).parents[1] / "specs/lenet/lenet.yaml")
# In the place of Caffe's binary: it takes the same words, and time for each iteration.
STAND_IN = """#!/bin/sh
test -s net.caffemodel || exit 4
grep -q "dim: 2" net.prototxt || exit 5
i=0
while [ $i -lt $((${4#--iterations=} * 20000)) ]; do i=$((i + 1)); done
"""


def test_a_pass_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    main([LENET, "--pairs", "2", "--passes", "2"])
    _, line = capsys.readouterr().out.splitlines()
    name, mine, unit = line.split()
    assert (name, unit) == ("lenet", "ms")
    assert float(mine) > 0


def test_a_pass_of_another_program_is_timed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "caffe"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    words = [LENET, "--pairs", "1", "--passes", "3", "--batch", "2"]
    main([*words, "--caffe", str(program)])
    _, line = capsys.readouterr().out.splitlines()
    _, mine, _, theirs, _, ratio = line.split()
    assert float(ratio) == pytest.approx(float(mine) / float(theirs), rel=0.2, abs=0.02)
    program.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(SystemExit, match="ended with 3"):
        main([*words, "--caffe", str(program)])
