"""The nets that bench_train times are the same in a spec and in torch.nn, and it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import compiler
import netspec
from tools.bench_nets import NETS
from tools.bench_train import main


@pytest.mark.parametrize("name", NETS)
def test_both_halves_of_a_pair_compute_the_same(name: str) -> None:
    pair = NETS[name]
    inputs = f"inputs: {{data: {list(pair.shape)}, label: [{pair.shape[0]}]}}\n"
    net = compiler.compile(netspec.loads(inputs + pair.spec, "TRAIN", name="net.yaml"))
    twin = pair.twin()
    for mine, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        assert mine.shape == theirs.shape
        theirs.data.copy_(mine.detach())
    torch.manual_seed(0)
    batch, labels = torch.randn(pair.shape), torch.randint(pair.classes, pair.shape[:1])
    with torch.no_grad():
        loss = net(data=batch, label=labels)["loss"]
        wanted = torch.nn.functional.cross_entropy(twin(batch), labels)
    torch.testing.assert_close(loss, wanted, atol=1e-4, rtol=1e-4)


STAND_IN = """#!/bin/sh
exec {python} -m tools train --solver "${{2#--solver=}}" --device cpu >/dev/null
"""


def test_a_step_of_another_program_is_timed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours in the place of Caffe's binary, which takes the same words, and other time."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    program = tmp_path / "caffe"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    main(["lenet", "--pairs", "1", "--caffe", str(program)])
    _, line = capsys.readouterr().out.splitlines()
    assert line.split()[0] == "lenet"
    program.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(SystemExit, match="ended with 3"):
        main(["lenet", "--pairs", "1", "--caffe", str(program)])


def test_the_bench_runs(capsys: pytest.CaptureFixture[str]) -> None:
    main(["lenet", "--pairs", "1"])
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines()[1:]] == ["step", "SGD", "Adam"]
