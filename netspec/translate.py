"""Nets and solvers from one language to the other, with their comments."""

from __future__ import annotations

from netspec.build import open_tree
from netspec.bvlc import lacking_in_net, lacking_in_solver
from netspec.diagnostics import Report
from netspec.language.open import is_solver, open_solver
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Message
from netspec.language.yaml.to_yaml import settings_to_yaml, to_yaml
from netspec.language.yaml.words import resolve_net, resolve_words
from netspec.layers import FACTS
from netspec.schema.net import LayerParameter
from netspec.schema.solver import SolverParameter
from netspec.source import Source


def prototxt_of(source: Source, report: Report) -> str:
    """The plain prototxt of today that a text means, whichever form of Caffe's it is in.

    Raises SpecError; warnings go to the report.
    """
    if is_solver(source):
        return print_prototxt(resolve_words(_solver(source, report), SolverParameter.kind_of))
    return print_prototxt(resolve_net(_net(source, report), FACTS))


def yaml_of(source: Source, report: Report) -> str:
    """The YAML of a text: plain layers, without blocks. Raises and reports like `prototxt_of`."""
    if is_solver(source):
        return settings_to_yaml(_solver(source, report))
    return to_yaml(_net(source, report), FACTS, LayerParameter.by_field)


def require_bvlc(source: Source) -> None:
    """Raise SpecError C230 with all that BVLC's Caffe would not read in a text."""
    report = Report()
    solver = is_solver(source)
    tree = _solver(source, Report()) if solver else resolve_net(_net(source, Report()), FACTS)
    report.extend(lacking_in_solver(tree) if solver else lacking_in_net(tree))
    report.stop()


def _net(source: Source, report: Report) -> Message:
    tree = open_tree(source, report)
    report.stop()
    return tree


def _solver(source: Source, report: Report) -> Message:
    tree = open_solver(source, report)
    report.stop()
    return tree
