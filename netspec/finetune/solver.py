"""A solver file to fine-tune with: a low learning rate in steps, as in Caffe's own example."""

from __future__ import annotations

from netspec.finetune.plan import FineTuning
from netspec.language.prototxt.escapes import quote

BASE_LR = 0.001  # a tenth of what nets of these kinds are trained from scratch with
STEPS = 3
TEST_BATCHES = 100


def solver_text(
    made: FineTuning, net: str, classes: int, prefix: str, iterations: int, weights: str | None
) -> str:
    """A solver in prototxt for the net of a file; snapshots begin with `prefix`."""
    heads = ", ".join(made.renamed.values())
    verb = "learns" if len(made.renamed) == 1 else "learn"
    lines = [
        f"# For {classes} classes: {heads} {verb} ten times as fast as base_lr says.",
        f"net: {quote(net)}",
    ]
    if weights:
        lines.append(f"weights: {quote(weights)}")
    if made.tested:
        lines += [
            f"test_iter: {TEST_BATCHES}  # times the batch: as many as there are images to test",
            f"test_interval: {min(500, iterations)}",
        ]
    lines += [
        f"base_lr: {BASE_LR:g}",
        'lr_policy: "step"',
        "gamma: 0.1",
        f"stepsize: {max(1, iterations // STEPS)}",
        "momentum: 0.9",
        "weight_decay: 0.0005",
        f"max_iter: {iterations}",
        "display: 20",
        f"snapshot: {min(1000, iterations)}",
        f"snapshot_prefix: {quote(prefix)}",
    ]
    return "\n".join(lines) + "\n"
