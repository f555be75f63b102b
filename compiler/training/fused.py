"""Layers that a net for training computes in one operation: BatchNorm with the Scale behind it."""

from __future__ import annotations

from torch import fx

from compiler.network import Network


def fuse(net: Network) -> Network:
    """Let modules do the work of the one behind them where they can; returns the same net.

    Its modules and parameters stay where they were; a module whose work is done is not called.
    """
    for node in list(net.graph.nodes):
        if node.op == "call_module" and len(node.users) == 1:
            (after,) = node.users
            if after.op == "call_module" and after.args == (node,):
                _absorb(net, node, after)
    net.recompile()
    return net


def _absorb(net: Network, node: fx.Node, after: fx.Node) -> None:
    absorbed = getattr(net.get_submodule(str(node.target)), "absorbed", None)
    roles = absorbed(net.get_submodule(str(after.target))) if absorbed is not None else ()
    if not roles:
        return
    with net.graph.inserting_before(node):
        weights = [net.graph.get_attr(f"{after.target}.{role}") for role in roles]
    node.args = (*node.args, *weights)
    after.replace_all_uses_with(node)
    net.graph.erase_node(after)
