"""A net in any form that Caffe has had, to today's: `layer { type: "Convolution" ... }`.

The steps and their order are those of UpgradeNetAsNeeded (caffe/src/caffe/util/upgrade_proto.cpp).
A step leaves alone what is in today's form already, so upgrading twice changes nothing.
"""

from __future__ import annotations

from netspec.diagnostics import Report
from netspec.language.tree import Message
from netspec.language.upgrade.batch_norm import freeze_batch_norm
from netspec.language.upgrade.inputs import make_input_layer
from netspec.language.upgrade.mixture import refuse_mixture
from netspec.language.upgrade.padding import fold_padding
from netspec.language.upgrade.solver import upgrade_solver
from netspec.language.upgrade.transform import move_transforms
from netspec.language.upgrade.v0 import flatten_v0
from netspec.language.upgrade.v1 import rename_v1

STEPS = (
    refuse_mixture,
    fold_padding,
    flatten_v0,
    move_transforms,
    rename_v1,
    make_input_layer,
    freeze_batch_norm,
)


def upgrade(tree: Message, report: Report) -> Message:
    """The net in today's form; `tree` itself is left as it is.

    Fields that move keep their spans and comments. What no form of Caffe allows goes to the report
    (N170 to N174), and so does what Caffe reads and passes over (N570, a warning).
    """
    for step in STEPS:
        tree = step(tree, report)
    return tree


__all__ = ["upgrade", "upgrade_solver"]
