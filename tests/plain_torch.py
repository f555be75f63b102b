"""What one would write in PyTorch for a golden case without knowing Caffe's rules: other numbers.

Each names a blob, and makes of inputs and parameters what is not Caffe's, or is refused.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Tensors = dict[str, Tensor]


def top_two(x: Tensors, p: Tensors) -> Tensor:
    best = x["data"].topk(2, dim=1).indices
    return (best == x["label"].long()[:, None]).any(1).float().mean()


PLAIN: dict[str, tuple[str, Callable[[Tensors, Tensors], Tensor]]] = {
    "pool-max-mask": ("out", lambda x, p: F.max_pool2d(x["data"], 3, 2)),
    "pool-max-1": ("out", lambda x, p: F.max_pool2d(x["data"], 3, 2, 2)),
    "pool-ave-1": (
        "out",
        lambda x, p: F.avg_pool2d(x["data"], 3, 2, 1, ceil_mode=True, count_include_pad=False),
    ),
    "im2col": ("out", lambda x, p: F.unfold(x["data"], 3)),
    "spp": (
        "out",
        lambda x, p: torch.cat(
            [F.adaptive_max_pool2d(x["data"], 2**i).flatten(1) for i in range(3)], 1
        ),
    ),
    "ip": ("out", lambda x, p: F.linear(x["data"], p["op/0"], p["op/1"])),
    "ip-transpose": ("out", lambda x, p: F.linear(x["data"].flatten(1), p["op/0"], p["op/1"])),
    "embed": ("out", lambda x, p: F.embedding(x["data"].long(), p["op/0"])),
    "bn-test": ("out", lambda x, p: F.batch_norm(x["data"], p["op/0"], p["op/1"])),
    "bn-train-global": ("out", lambda x, p: F.batch_norm(x["data"], None, None, training=True)),
    "scale-axis0-n2": ("out", lambda x, p: x["data"] * p["op/0"] + p["op/1"]),
    "bias": ("out", lambda x, p: x["data"] + p["op/0"]),
    "lrn-across": ("out", lambda x, p: F.local_response_norm(x["data"], 3, 1e-4, 0.75)),
    "lrn-within": ("out", lambda x, p: F.local_response_norm(x["data"], 3, 0.4, 0.75)),
    "exp-base": ("out", lambda x, p: x["data"].exp()),
    "log-base": ("out", lambda x, p: x["data"].abs().log()),
    "softmax": ("out", lambda x, p: x["data"].softmax(-1)),
    "reduction-sum": ("out", lambda x, p: 1.5 * x["data"].sum(1)),
    "tile": ("out", lambda x, p: x["data"].repeat_interleave(3, 3)),
    "argmax": ("out", lambda x, p: x["data"].argmax(1)),
    "softmaxloss-valid-ignore": (
        "loss",
        lambda x, p: F.cross_entropy(x["data"], x["label"].long()),
    ),
    "softmaxloss-batch_size-ignore": (
        "loss",
        lambda x, p: F.cross_entropy(x["data"], x["label"].long(), ignore_index=255),
    ),
    "sigmoidce-batch_size": (
        "loss",
        lambda x, p: F.binary_cross_entropy_with_logits(x["data"], x["label"]),
    ),
    "euclidean": ("loss", lambda x, p: F.mse_loss(x["a"], x["b"])),
    "hinge-l1": ("loss", lambda x, p: F.multi_margin_loss(x["data"], x["label"].long())),
    "multinomial": ("loss", lambda x, p: F.nll_loss(x["data"], x["label"].long())),
    "accuracy-ties": ("acc", top_two),
}
