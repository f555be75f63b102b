"""`solver_type: ADAM` in a solver file is today's `type: "Adam"`."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics import Note, Report, nearest
from netspec.language.tree import Field, Kind, Message, Scalar, describe

SOLVERS = {  # SolverParameter.SolverType, in the order of its numbers
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}
NUMBERS = {str(number): name for number, name in enumerate(SOLVERS)}


def upgrade_solver(tree: Message, report: Report) -> Message:
    """The solver in today's form (UpgradeSolverType); `tree` itself is left as it is.

    Faults go to the report: N175 where both are given, N206 where the type is not known.
    """
    old, new = tree.last("solver_type"), tree.last("type")
    if old is not None and new is not None:
        note = Note("type is given here", new.span)
        report.add("N175", "solver_type is given together with type", old.span, "keep type", [note])
        return replace(tree, fields=[f for f in tree.fields if f.name != "solver_type"])
    return replace(
        tree, fields=[_upgraded(f, report) if f.name == "solver_type" else f for f in tree.fields]
    )


def _upgraded(field: Field, report: Report) -> Field:
    value = field.value
    word = value.text if isinstance(value, Scalar) and value.kind is not Kind.STRING else ""
    name = NUMBERS.get(word, word)
    if name in SOLVERS:
        return replace(field, name="type", value=Scalar(Kind.STRING, SOLVERS[name], value.span))
    expected = ", ".join(SOLVERS)
    message = f"solver_type: expected one of {expected}, found {describe(value)}"
    report.add(
        "N206", message, value.span, nearest(word, SOLVERS) or 'newer files write type: "Adam"'
    )
    return field
