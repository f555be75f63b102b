"""V1 to today: `layers { type: RELU }` is `layer { type: "ReLU" }`, blobs_lr a param's lr_mult."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from netspec.diagnostics import Report, nearest
from netspec.language.tree import Field, Kind, Message, Scalar, describe
from netspec.language.upgrade.moving import Rebuilt
from netspec.language.upgrade.types import V1_NUMBERS, V1_OF_FORKS, V1_TYPES, ForkType

PARAM = {
    "param": "name",
    "blob_share_mode": "share_mode",
    "blobs_lr": "lr_mult",
    "weight_decay": "decay_mult",
}
SETTINGS = (
    "accuracy argmax concat contrastive_loss convolution data dropout dummy_data eltwise exp "
    "hdf5_data hdf5_output hinge_loss image_data infogain_loss inner_product lrn memory_data mvn "
    "pooling power relu sigmoid softmax slice tanh threshold window_data transform loss"
)
V1_FIELDS = frozenset(
    ["bottom", "top", "name", "include", "exclude", "type", "blobs", "loss_weight", *PARAM]
    + [f"{name}_param" for name in SETTINGS.split()]
)


def rename_v1(tree: Message, report: Report) -> Message:
    """V1 layers in today's form (UpgradeV1Net, UpgradeV1LayerParameter)."""
    fields = [_layer(f, report) if f.name == "layers" else f for f in tree.fields]
    return replace(tree, fields=fields)


def _layer(entry: Field, report: Report) -> Field:
    if not isinstance(entry.value, Message):
        return replace(entry, name="layer")
    specs = _specs(entry.value)
    of_a_fork = _of_a_fork(entry.value)
    made = Rebuilt()
    for each in entry.value.fields:
        if each.name in PARAM:
            if isinstance(each.value, Message):
                help = f"write {PARAM[each.name]} {{ ... }} in a layer {{ ... }} of today's form"
                message = f"{each.name}: expected a single value, found {describe(each.value)}"
                report.add("N172", message, each.span, help)
            for spec in specs:
                made.add(spec)
            specs = []
        elif each.name == "type":
            made.add(replace(each, value=_type(each.value, report)))
            if of_a_fork is not None and of_a_fork.setting:
                made.add(of_a_fork.field(each.span))
        elif each.name in V1_FIELDS or (of_a_fork and each.name == of_a_fork.message):
            made.add(each)
        else:
            help = (
                nearest(each.name, V1_FIELDS)
                or 'it belongs to today\'s form: layer { type: "..." }'
            )
            report.add(
                "N172", f"layers {{ ... }}, the V1 form, has no field {each.name}", each.span, help
            )
    return replace(entry, name="layer", value=made.message(entry.value))


def _of_a_fork(layer: Message) -> ForkType | None:
    kind = layer.last("type")
    word = kind.value.text if kind and isinstance(kind.value, Scalar) else ""
    return V1_OF_FORKS.get(word)


def _specs(layer: Message) -> list[Field]:
    """The i-th value of each of the four lists, as the i-th `param { ... }`."""
    specs: list[list[Field]] = []
    seen: Counter[str] = Counter()
    for each in layer.fields:
        if each.name in PARAM:
            if seen[each.name] == len(specs):
                specs.append([])
            spec = replace(each, name=PARAM[each.name], listed=False)
            specs[seen[each.name]].append(spec)
            seen[each.name] += 1
    return [Field("param", Message(fields, fields[0].span), fields[0].span) for fields in specs]


def _type(value: Scalar | Message, report: Report) -> Scalar | Message:
    word = value.text if isinstance(value, Scalar) else ""
    name = V1_NUMBERS.get(word, word)
    if isinstance(value, Scalar) and value.kind is not Kind.STRING and name in V1_TYPES:
        return Scalar(Kind.STRING, V1_TYPES[name][1], value.span)
    if isinstance(value, Scalar) and value.kind is not Kind.STRING and word in V1_OF_FORKS:
        return Scalar(Kind.STRING, V1_OF_FORKS[word].today, value.span)
    today = {type: name for name, (_, type) in V1_TYPES.items()}
    if word in today:
        help = f"write {today[word]}, or layer {{ ... }} in place of layers {{ ... }}"
    else:
        help = nearest(word, V1_TYPES) or 'newer types stand in layer { type: "..." }'
    report.add(
        "N171", f"expected a V1 type such as CONVOLUTION, found {describe(value)}", value.span, help
    )
    return value
