"""Memory worked out from lifetimes, held against what PyTorch allocates."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import zoo
from live_memory import LiveMemory, allocated

import compiler
from compiler.network import Network
from netspec.analysis.memory import Memory, inference, training
from netspec.diagnostics import SpecError
from netspec.schema.solver_types import SOLVER_TYPES

CLOSE = 0.03  # ten per cent would do


def held(net: Network, *more: torch.Tensor) -> list[torch.Tensor]:
    return [*net.parameters(), *net.buffers(), *more]


def step(net: Network, data: torch.Tensor) -> None:
    net.zero_grad(set_to_none=True)
    sum(blob.sum() for blob in net(data).values()).backward()


def without_solver(found: Memory) -> int:
    return found.peak - found.parts["history"]


@pytest.mark.parametrize("net", zoo.NETS)
def test_running_takes_what_pytorch_allocates(net: str) -> None:
    found = inference(zoo.graph(net, batch=zoo.BATCH))
    assert found.peak == pytest.approx(zoo.measured(net, False, zoo.BATCH).memory, rel=CLOSE)


@pytest.mark.parametrize("net", zoo.TRAINED)
def test_training_takes_what_pytorch_allocates(net: str) -> None:
    found = training(zoo.graph(net, batch=zoo.BATCH))
    peak = zoo.measured(net, True, zoo.BATCH).memory
    assert without_solver(found) == pytest.approx(peak, rel=CLOSE)


def test_what_live_memory_counts_is_what_the_allocator_gives_out() -> None:
    """On the CPU, where a net really runs: GoogLeNet, without and with its backward pass."""
    graph = zoo.graph("googlenet/googlenet")
    net, data = compiler.compile(graph), torch.rand(graph.inputs["data"])
    before = sum(t.nbytes for t in held(net, data))
    with torch.no_grad():
        peak = before + allocated(lambda: net(data))
    assert inference(graph).peak == pytest.approx(peak, rel=CLOSE)
    net.train()
    peak = before + allocated(lambda: step(net, data))
    assert without_solver(training(graph)) == pytest.approx(peak, rel=CLOSE)


LAYERS = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [4, 256] } } }
layer { name: "goal" type: "Input" top: "goal" input_param { shape { dim: [4, 256] } } }
layer { name: "one" type: "InnerProduct" bottom: "data" top: "one"
  inner_product_param { num_output: 512 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "one" top: "one" }
layer { name: "two" type: "InnerProduct" bottom: "one" top: "two"
  param { lr_mult: 2 } param { lr_mult: 0 }
  inner_product_param { num_output: 256 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "two" bottom: "goal" top: "loss" }
"""


@pytest.mark.parametrize("kind", SOLVER_TYPES)
def test_an_update_takes_what_the_solver_allocates(kind: str, tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(LAYERS)
    more = {"AdaGrad": "", "RMSProp": "rms_decay: 0.9"}.get(kind, "momentum: 0.9")
    text = f'net: "net.prototxt" base_lr: 1e-4 lr_policy: "fixed" max_iter: 9 type: "{kind}" {more}'
    (tmp_path / "solver.prototxt").write_text(text + " weight_decay: 0.001")
    solver = compiler.Solver(tmp_path / "solver.prototxt", device="cpu")
    batch = {name: torch.randn(4, 256) for name in ("data", "goal")}
    solver.step(**batch)
    with LiveMemory([*held(solver.net, *batch.values()), *solver.optimizer.history]) as memory:
        solver.step(**batch)
    assert training(solver.net.spec, kind).peak == pytest.approx(memory.peak, rel=CLOSE)


def test_another_solver_type_is_refused() -> None:
    with pytest.raises(SpecError, match="there is no solver type Adm"):
        training(zoo.graph("lenet/lenet"), "Adm")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("net", ["resnet/resnet-50", "googlenet/googlenet"])
def test_a_gpu_allocates_as_much(net: str) -> None:
    """cuDNN's workspaces come on top, so that the deterministic algorithms are asked for."""
    graph = zoo.graph(net, batch=16)
    module = compiler.compile(graph).cuda()
    data = torch.rand(graph.inputs["data"], device="cuda")
    with torch.no_grad(), torch.backends.cudnn.flags(deterministic=True, benchmark=False):
        module(data)
        torch.cuda.reset_peak_memory_stats()
        module(data)
    peak = torch.cuda.max_memory_allocated()
    assert inference(graph).peak == pytest.approx(peak, rel=0.1)
