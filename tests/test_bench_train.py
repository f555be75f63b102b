"""The nets that bench_train times are the same in a spec and in torch.nn, and it runs."""

from __future__ import annotations

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


def test_the_bench_runs(capsys: pytest.CaptureFixture[str]) -> None:
    main(["lenet", "--pairs", "1"])
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines()[1:]] == ["step", "SGD", "Adam"]
