"""The deploy net of a training file: what it predicts, without labels, losses and data files.

    train_val.prototxt ▶ bind, wire in TEST ▶ heads ▶ what they need ▶ deploy.prototxt

The tree is edited, so that names, settings and comments of the layers that stay are as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.build import build
from netspec.deploy_fields import input_field, prediction_field, without_rules
from netspec.diagnostics import Report, nearest
from netspec.language.tree import Field, Message
from netspec.layers import LAYERS
from netspec.schema.bind import bind_net
from netspec.schema.bound import BoundLayer, BoundNet
from netspec.schema.layer import Family, Layer
from netspec.schema.net import NetState
from netspec.wire import Wired, wire

Made = tuple[Wired, int]  # a layer and which of its tops
TRAINING = ("state", "force_backward", "debug_info")  # of the head of a net


@dataclass(frozen=True)
class Head:
    """The prediction that stands in the place of a loss."""

    prediction: Layer
    name: str
    top: str


def deploy(
    tree: Message,
    shapes: Mapping[str, Sequence[int]],
    report: Report,
    only: Collection[str] = (),
) -> Message:
    """The deploy net of a net in today's form, which is built once to see that it can be.

    `shapes` gives the shapes of inputs where the file and its data do not; `only` names the losses
    whose predictions are wanted, where not all are. Raises SpecError.
    """
    net = bind_net(tree, LAYERS, NetState(), report)
    report.stop()
    wired = wire(BoundNet(net.head, list(_present(net)), tree), report)
    report.stop()
    heads, ends = _heads(wired, only, report)
    report.stop()
    live = _needed(ends)
    if not live:
        help = "a deploy net needs a layer that computes something from its inputs"
        report.add("D201", "nothing is left of the net without its losses", tree.span, help)
    made = Message(list(_fields(tree, wired, heads, live, shapes, report)), tree.span, tree.tail)
    report.stop()
    build(made, "TEST", report=report)
    return made


def _present(net: BoundNet) -> Iterator[BoundLayer]:
    """The layers of TEST, and TRAIN's data layers for blobs that no layer of TEST makes."""
    made = {top for b in net.layers if b.included for top in b.parameter.top}
    for bound in net.layers:
        source = bound.layer is not None and bound.layer.makes_data
        if bound.included:
            yield bound
        elif source and not made & set(bound.parameter.top):
            made.update(bound.parameter.top)
            yield replace(bound, included=True)


def _heads(
    wired: list[Wired], only: Collection[str], report: Report
) -> tuple[dict[Wired, Head], list[Made]]:
    """The predictions of the losses, and every blob that the deploy net is to compute.

    Those are the predictions' bottoms; of a loss without one, the bottoms that have been learned;
    and, where all losses are wanted, what no layer reads.
    """
    measuring = [w for w in wired if not _stays(w) and _layer(w).family is Family.LOSS]
    _check_names(only, {_name(w) for w in measuring}, report)
    wanted = [w for w in measuring if not only or _name(w) in only]
    staying = [w for w in wired if _stays(w)]
    taken = {n for w in staying for n in (_name(w), *w.tops)}
    heads: dict[Wired, Head] = {}
    ends: list[Made] = []
    several = len({_predicts(w) for w in wanted if _layer(w).deployed()}) > 1
    for w in wanted:
        prediction, bottoms = _layer(w).deployed(), [made for made in w.bottoms if made]
        if prediction is None:
            ends += [made for made in bottoms if _learned(made[0])] or bottoms[:1]
            continue
        ends.append(bottoms[0])
        there = [s for s in staying if _layer(s) == prediction and s.bottoms == bottoms[:1]]
        if there:  # the file computes it already
            ends.append((there[0], 0))
        elif _predicts(w) not in map(_predicts, heads):
            name = f"{_name(w)}_prob" if several or "prob" in taken else "prob"
            heads[w] = Head(prediction, name, w.tops[1] if len(w.tops) > 1 else name)
    if not only:
        read = {made for w in wired for made in w.bottoms}
        tops = [(s, i) for s in staying for i in range(len(s.tops))]
        ends += [t for t in tops if t not in read and not _layer(t[0]).makes_data]
    return heads, [made for made in ends if all(_stays(w) for w in _above(made[0]))]


def _check_names(only: Collection[str], losses: set[str], report: Report) -> None:
    for name in only:
        if name not in losses:
            listed = f"the losses are {', '.join(sorted(losses))}" if losses else "it has none"
            report.add("D201", f"the net has no loss {name}", None, nearest(name, losses) or listed)


def _predicts(loss: Wired) -> tuple[Layer | None, Made | None]:
    """What a loss's prediction computes of what; two losses may have it in common."""
    return _layer(loss).deployed(), loss.bottoms[0]


def _name(wired: Wired) -> str:
    return wired.bound.parameter.name


def _layer(wired: Wired) -> Layer:
    assert wired.bound.layer is not None
    return wired.bound.layer


def _stays(wired: Wired) -> bool:
    return _layer(wired).deployed() == _layer(wired)


def _learned(wired: Wired) -> bool:
    """Whether parameters have a part in what it makes."""
    return any(type(_layer(w)).weights is not Layer.weights for w in _above(wired))


def _above(wired: Wired) -> set[Wired]:
    """The layer and all that it is computed from."""
    seen: set[Wired] = set()
    todo = [wired]
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            todo += [made[0] for made in each.bottoms if made]
    return seen


def _needed(ends: list[Made]) -> set[Made]:
    """Every top that the ends are computed from, themselves included."""
    live: set[Made] = set()
    todo = list(ends)
    while todo:
        made = todo.pop()
        if made not in live:
            live.add(made)
            todo += [bottom for bottom in made[0].bottoms if bottom]
    return live


def _fields(
    tree: Message,
    wired: list[Wired],
    heads: Mapping[Wired, Head],
    live: set[Made],
    shapes: Mapping[str, Sequence[int]],
    report: Report,
) -> Iterator[Field]:
    """The fields of the new net; a comment at the top of the file stays there."""
    found = {id(w.bound.tree): w for w in wired}
    used = {w for w, _ in live}
    comments: tuple[str, ...] = tree.fields[0].before if tree.fields else ()
    for i, each in enumerate(tree.fields):
        w = found.get(id(each.value))
        new: Field | None = None
        if each.name != "layer":
            new = None if each.name in TRAINING else each
        elif w is not None and w in heads:
            head = heads[w]
            new = prediction_field(each, head.prediction, head.name, head.top)
        elif w is not None and w in used:
            tops = [top for i, top in enumerate(w.tops) if (w, i) in live]
            source = _layer(w).makes_data
            new = (
                input_field(each, w.bound, tops, shapes, report) if source else without_rules(each)
            )
        if new is not None:
            yield new if i == 0 or not comments else replace(new, before=(*comments, *new.before))
            comments = ()
