"""The file that a command rewrites, and the state in which it looks at its net."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.rewrite.write import Spec
    from netspec.schema.net import NetState


def open_spec(options: argparse.Namespace) -> tuple[Spec, NetState]:
    """What `spec` and `state` ask for; without a phase, TRAIN where such a net can be built.

    Raises SpecError where none can be.
    """
    from netspec.language.read import read
    from netspec.rewrite.write import Spec

    spec = Spec.open(read(options.spec), dict(options.shapes))
    states = _states(options)
    for state in states[:-1]:
        if builds(spec, state):
            return spec, state
    return spec, states[-1]


def builds(spec: Spec, state: NetState) -> bool:
    """Whether the file has a net in the state."""
    from netspec.diagnostics import SpecError

    try:
        spec.graph(state)
    except SpecError:
        return False
    return True


def every_state(options: argparse.Namespace, spec: Spec) -> list[NetState]:
    """The states in which the file has a net: what is written has to be right in all of them."""
    from netspec.schema.net import NetState, Phase

    states = [
        NetState(phase=phase, level=options.level, stage=tuple(options.stages)) for phase in Phase
    ]
    return [state for state in states if builds(spec, state)]


def _states(options: argparse.Namespace) -> list[NetState]:
    from netspec.schema.net import NetState, Phase

    phases = [Phase[options.phase]] if options.phase else [Phase.TRAIN, Phase.TEST]
    return [NetState(phase=p, level=options.level, stage=tuple(options.stages)) for p in phases]
