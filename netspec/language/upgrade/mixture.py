"""One form a file: `layer` beside `layers`, or V0 beside V1 `layers`, is no net of Caffe's."""

from __future__ import annotations

from netspec.diagnostics import Note, Report
from netspec.language.tree import Field, Message
from netspec.language.upgrade.moving import entries

TODAY, V1, V0 = "layer { ... }", "layers { ... }", "layers { layer { ... } }"
HELP = "write every layer in one form; `netspec upgrade` then gives today's"


def refuse_mixture(tree: Message, report: Report) -> Message:
    """Report where a file changes from one form of layers to another (as UpgradeV1Net does).

    Beside V0 layers Caffe drops those in any other form without a word; they are refused here.
    """
    first: Field | None = None
    before = ""
    for each in tree.fields:
        form = _form(each)
        if first is None and form:
            first, before = each, form
        elif first is not None and form and form != before:
            note = Note("the first layer is here", first.span)
            report.add(
                "N170", f"{form} after {before}: one file, two forms", each.span, HELP, [note]
            )
            break
    return tree


def _form(field: Field) -> str:
    if field.name == "layer":
        return TODAY
    if field.name != "layers":
        return ""
    nested = isinstance(field.value, Message) and any(entries(field.value, "layer"))
    return V0 if nested else V1
