"""What two graphs do not have in common: layers, settings, wiring, shapes and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from netspec.graph import Graph, Node, Value
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Field, Message
from netspec.pairing import pair, same_value
from netspec.schema.layer import Shape
from netspec.schema.net import ParamSpec
from netspec.schema.settings import NOWHERE, Settings
from netspec.schema.wording import spelled

DEFAULT = "not written"


@dataclass(frozen=True)
class Change:
    """One thing that is `a` in one net and `b` in the other, both in words.

    `kind` is setting, wiring, shape or weight. A shape `follows` where it differs only because a
    layer above differs.
    """

    kind: str
    what: str
    a: str
    b: str
    follows: bool = False


@dataclass(frozen=True)
class LayerChange:
    """A layer that both nets have, and what differs; `a.name` and `b.name` where it is renamed."""

    a: Node
    b: Node
    changes: tuple[Change, ...]

    @property
    def renamed(self) -> bool:
        return self.a.name != self.b.name


@dataclass(frozen=True)
class Difference:
    """How two graphs differ; false where they do not."""

    net: tuple[Change, ...]
    only_a: tuple[Node, ...]
    only_b: tuple[Node, ...]
    layers: tuple[LayerChange, ...]

    def __bool__(self) -> bool:
        return bool(self.net or self.only_a or self.only_b or self.layers)

    def as_json(self) -> dict[str, Any]:
        """Plain data; `a` and `b` of a change are in words."""
        return {
            "equal": not self,
            "net": [_plain(change) for change in self.net],
            "only_a": [{"name": n.name, "type": n.type} for n in self.only_a],
            "only_b": [{"name": n.name, "type": n.type} for n in self.only_b],
            "layers": [
                {"a": layer.a.name, "b": layer.b.name, "renamed": layer.renamed}
                | {"changes": [_plain(change) for change in layer.changes]}
                for layer in self.layers
            ],
        }


def _plain(change: Change) -> dict[str, Any]:
    plain = {"kind": change.kind, "what": change.what, "a": change.a, "b": change.b}
    return plain | ({"follows": change.follows} if change.kind == "shape" else {})


def difference(a: Graph, b: Graph) -> Difference:
    """What differs, in the running order of the nets; the phase that they are in does not count."""
    paired = pair(a, b)
    found = set(paired.values())
    layers = (
        LayerChange(one, two, _changes(a, b, one, two, paired)) for one, two in paired.items()
    )
    return Difference(
        tuple(_of_net(a, b)),
        tuple(n for n in a.nodes if n not in paired),
        tuple(n for n in b.nodes if n not in found),
        tuple(layer for layer in layers if layer.changes or layer.renamed),
    )


def _of_net(a: Graph, b: Graph) -> Iterator[Change]:
    for what in ("name", "force_backward"):
        one, two = getattr(a, what), getattr(b, what)
        if one != two:
            yield Change("setting", what, str(one).lower() or "none", str(two).lower() or "none")


def _changes(
    a: Graph, b: Graph, one: Node, two: Node, paired: dict[Node, Node]
) -> tuple[Change, ...]:
    wiring = tuple(_wiring(one, two, paired))
    settings = tuple(_settings(one, two))
    same = not wiring and not settings
    shapes = tuple(_shapes(one, two, same))
    return (*settings, *wiring, *shapes, *_weights(a, b, one, two))


def _settings(one: Node, two: Node) -> Iterator[Change]:
    if one.type != two.type:
        yield Change("setting", "type", one.type, two.type)
    else:
        yield from _between("", one.layer, two.layer)
    for i in range(max(len(one.params), len(two.params))):
        yield from _between(f"param {i} ", _spec(one, i), _spec(two, i))
    for what in ("loss_weights", "propagate_down"):
        mine, theirs = _listed(getattr(one, what)), _listed(getattr(two, what))
        if mine != theirs:
            yield Change("setting", what.removesuffix("s"), mine, theirs)


def _between(prefix: str, one: Settings, two: Settings) -> Iterator[Change]:
    """The settings that differ, those of nested messages each by itself: `weight_filler.std`."""
    for name, setting in one.settings.items():
        mine, theirs = getattr(one, name), getattr(two, name)
        what = prefix + setting.fields[0]
        if mine == theirs:
            continue
        if isinstance(mine, Settings) and isinstance(theirs, Settings):
            yield from _between(f"{what}.", mine, theirs)
        else:
            written = [_text(list(setting.write(value))) for value in (mine, theirs)]
            yield Change("setting", what, written[0], written[1])


def _spec(node: Node, index: int) -> ParamSpec:
    """How a parameter learns; multipliers that are not written are 1."""
    spec = node.params[index] if index < len(node.params) else ParamSpec()
    rate, decay = node.multipliers(index)
    return replace(spec, lr_mult=rate, decay_mult=decay)


def _listed(values: tuple[float | bool, ...]) -> str:
    words = (str(v).lower() if isinstance(v, bool) else f"{v:g}" for v in values)
    return " ".join(words) or DEFAULT


def _text(fields: list[Field]) -> str:
    """Fields as prototxt on one line; of a single scalar only the value."""
    if not fields:
        return DEFAULT
    text = " ".join(print_prototxt(Message(fields, NOWHERE)).split())
    alone = len(fields) == 1 and not isinstance(fields[0].value, Message)
    return text.partition(": ")[2] if alone else text


def _wiring(one: Node, two: Node, paired: dict[Node, Node]) -> Iterator[Change]:
    for i in range(max(len(one.bottoms), len(two.bottoms))):
        v, w = one.bottoms[i : i + 1], two.bottoms[i : i + 1]
        if not v or not w or not same_value(v[0], w[0], paired):
            yield Change("wiring", f"bottom {i}", _read(v), _read(w))
    for i in range(max(len(one.tops), len(two.tops))):
        mine, theirs = one.tops[i : i + 1], two.tops[i : i + 1]
        if mine != theirs:
            yield Change("wiring", f"top {i}", "".join(mine) or "none", "".join(theirs) or "none")


def _read(value: tuple[Value, ...]) -> str:
    """`conv1 of relu1`: the blob, and the layer that makes it where that has another name."""
    if not value:
        return "none"
    blob, maker = value[0].blob, value[0].node.name
    return blob if blob == maker else f"{blob} of {maker}"


def _shapes(one: Node, two: Node, same: bool) -> Iterator[Change]:
    """Where a layer itself is the same, its tops differ because its bottoms do."""
    follows = same and [v.shape for v in one.bottoms] != [w.shape for w in two.bottoms]
    for i, (mine, theirs) in enumerate(zip(one.shapes, two.shapes)):
        if mine != theirs:
            yield Change("shape", f"top {one.tops[i]}", spelled(mine), spelled(theirs), follows)


def _weights(a: Graph, b: Graph, one: Node, two: Node) -> Iterator[Change]:
    for i in range(max(len(one.weights), len(two.weights))):
        mine, theirs = _weight(one, i), _weight(two, i)
        role = (one.weights[i : i + 1] or two.weights[i : i + 1])[0].role
        if mine != theirs:
            yield Change("weight", role, _blob(mine), _blob(theirs))
        owned, other = a.owners.get((one.name, i)), b.owners.get((two.name, i))
        if owned != other:
            yield Change("weight", f"{role} shared with", _owner(owned), _owner(other))


def _weight(node: Node, index: int) -> Shape | None:
    return node.weights[index].shape if index < len(node.weights) else None


def _blob(shape: Shape | None) -> str:
    return "none" if shape is None else spelled(shape)


def _owner(place: tuple[str, int] | None) -> str:
    return "none" if place is None else place[0]
