"""The nets of a solver: the one that is trained, and the test nets, which share its weights."""

from __future__ import annotations

import torch

from compiler.network import Network, compile
from compiler.training.fused import fuse
from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.graph import Graph
from netspec.schema.layer import Family
from netspec.solver_file import SolverFile


def choose_device(asked: str | None, gpu: int | None = 0) -> torch.device:
    """The device that is asked for, or else the GPU of that number, or else the CPU.

    Raises SpecError C214 where a device is asked for that is not there.
    """
    if asked is None:
        if gpu is None or not torch.cuda.is_available():
            return torch.device("cpu")
        asked = f"cuda:{gpu}"
    try:
        device = torch.device(asked)
        one = torch.ones(1, device=device)
        one.tolist()  # which a device without numbers, such as meta, cannot do
        return one.device
    except (RuntimeError, AssertionError) as wrong:
        message = f"the device {asked} cannot be used: {_why_not(asked, str(wrong))}"
        raise SpecError(Diagnostic("C214", message, None, "--device cpu runs anywhere")) from None


def _why_not(asked: str, reason: str) -> str:
    kind = asked.partition(":")[0]
    if kind == "cuda" and torch.cuda.is_available():
        return f"this machine has cuda:0 to cuda:{torch.cuda.device_count() - 1}"
    if kind == "cuda":
        return "there is no GPU that this PyTorch can use"
    if "device type" in reason:
        return f"PyTorch has no device {kind}; there are cpu, cuda and cuda:N"
    return reason.splitlines()[0]


def make_train_net(file: SolverFile, device: torch.device, channels_last: bool = False) -> Network:
    """The net to train; it returns its outputs and every blob that counts towards the loss.

    `channels_last` holds on a CPU where the solver file does not say. Raises SpecError C208 where
    nothing counts.
    """
    graph = file.train_graph()
    if not graph.loss_weights:
        help = "add a loss layer, SoftmaxWithLoss for example, that is there in TRAIN"
        raise SpecError(
            Diagnostic("C208", "the net to train has no loss", file.span("train_net"), help)
        )
    return _placed(compile(graph, keep=graph.loss_weights), file, device, channels_last)


def make_test_nets(file: SolverFile, train: Network, device: torch.device) -> list[Network]:
    """The test nets, with the train net's weights for their own."""
    report = Report()
    nets = []
    for graph in file.test_graphs():
        check_shared(train.spec, graph, report)
        nets.append(_placed(compile(graph, keep=graph.loss_weights), file, device))
    report.stop()
    for net in nets:
        share_weights(train, net)
    return nets


def _placed(
    net: Network, file: SolverFile, device: torch.device, channels_last: bool = False
) -> Network:
    net = net.to(device)
    if not file.parameter.debug_info:  # which looks at every layer
        fuse(net)
    said = file.parameter.channels_last
    if said is None:  # on GPUs it depends on their age and on the precision
        said = channels_last and device.type == "cpu" and torch.backends.mkldnn.is_available()
    if said:
        _keep_channels_together(net)
    return net


def _keep_channels_together(net: Network) -> None:
    """Lay out the weights of convolutions so that their tops have the channels of a pixel together,
    which saves oneDNN most of what it would rearrange. Blobs and numbers stay as they are.
    """
    owners, shapes = net.spec.owners, net.spec.weight_shapes
    reshaped = {o for (name, i), o in owners.items() if shapes[name][i] != shapes[o[0]][o[1]]}
    for node in net.spec.nodes:
        for i, shape in enumerate(shapes.get(node.name, ())):
            whole = (node.name, i) not in owners and (node.name, i) not in reshaped
            if node.layer.family is Family.SPATIAL and len(shape) == 4 and whole:
                blob = net.parameter(node.name, i)
                blob.data = blob.data.to(memory_format=torch.channels_last)


def check_shared(train: Graph, test: Graph, report: Report) -> None:
    """Layers of one name have the same parameters in both nets (Net::ShareTrainedLayersWith)."""
    for name, theirs in train.weight_shapes.items():
        mine = test.weight_shapes.get(name)
        if mine is not None and mine != theirs:
            node = test.by_name[name]
            message = f"{name} has parameters {mine} in the test net, but {theirs} in the train net"
            help = "layers of one name share their weights: give them the same settings"
            report.add("C215", message, node.span, help)


def share_weights(train: Network, test: Network) -> None:
    """Let the test net's parameters and statistics be the train net's, by layer name."""
    for name in train.spec.weight_shapes:
        if name in test.spec.weight_shapes:
            for i in range(len(test.spec.by_name[name].weights)):
                if (name, i) not in test.spec.owners:
                    test.parameter(name, i).data = train.parameter(name, i).data
