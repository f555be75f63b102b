"""A loss in the place of a prediction, and an accuracy beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

from netspec.diagnostics import Diagnostic, SpecError
from netspec.finetune.data import LABEL, Data, in_place, name_of
from netspec.graph import Graph, Node
from netspec.language.prototxt.escapes import quote
from netspec.language.tree import Field, Message
from netspec.schema.net import Phase


def with_ends(
    tree: Message, graphs: Sequence[Graph], blobs: Mapping[str, str], data: Data
) -> Message:
    """A net that predicts, with losses where it has none in a phase that it has data for, and an
    accuracy where it is tested. `graphs` are of the net as it was, `blobs` what has another name
    since. Raises SpecError C262 where it predicts more than one class for an image.
    """
    predictions = {
        n.name: n for g in graphs for n in g.nodes if n.layer.probabilities and not n.layer.loss
    }
    phases = list(data.sources)
    losing = {g.phase for g in graphs if g.loss_weights}
    without = [phase for phase in phases if phase not in losing]
    fields: list[Field] = []
    number = 0
    for field in tree.fields:
        node = predictions.get(name_of(field)) if field.name == "layer" else None
        if node is None:
            fields.append(field)
            continue
        _require_one_class(node)
        number += 1
        scores = node.bottoms[0].blob
        word = "" if number == 1 else str(number)
        axis = getattr(node.layer, "axis", 1)
        ends = _ends(blobs.get(scores, scores), word, axis, without, phases)
        fields += in_place(field, ends)
    return replace(tree, fields=fields)


def _require_one_class(prediction: Node) -> None:
    shape = prediction.shapes[0]
    if prod(shape[2:]) > 1:
        message = f"{prediction.name} predicts a class for each of {prod(shape[2:]):,} positions"
        help = "--train gives one for an image: write data layers and a loss into the file"
        raise SpecError(Diagnostic("C262", message, prediction.span, help))


def _ends(
    scores: str, word: str, axis: int, without: Sequence[Phase], phases: Sequence[Phase]
) -> str:
    """A loss for the phases `without` one, and an accuracy; `word` ends their names."""
    bottoms = f'bottom: {quote(scores)} bottom: "{LABEL}"'

    def layer(kind: str, name: str, message: str, rule: str) -> str:
        over = f"{message} {{ axis: {axis} }}" if axis != 1 else ""
        named = f'name: "{name}{word}" type: "{kind}" {bottoms} top: "{name}{word}"'
        return f"layer {{ {named} {over} {rule} }}\n"

    text = ""
    if without:
        rule = f"include {{ phase: {without[0].name} }}" if len(without) < len(phases) else ""
        text += layer("SoftmaxWithLoss", "loss", "softmax_param", rule)
    if Phase.TEST in phases:
        text += layer("Accuracy", "accuracy", "accuracy_param", "include { phase: TEST }")
    return text
