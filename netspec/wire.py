"""Bottoms to the tops that they name, by Caffe's rules: a layer reads the latest writer above it.

Caffe's own order is kept: splits are inserted first (util/insert_splits.cpp), so a blob that
somebody else reads can no longer be overwritten in place (net.cpp, AppendTop).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netspec.diagnostics import MAX_SHOWN, Diagnostic, Note, Report, nearest
from netspec.schema.bind import is_included
from netspec.schema.bound import BoundLayer, BoundNet
from netspec.schema.layer import AUTOMATIC, Count, Layer, Shape
from netspec.schema.net import NetState, Phase
from netspec.schema.wording import a, spelled, times
from netspec.source import Span


@dataclass(eq=False)
class Wired:
    """A layer of the net; `bottoms` are (layer, top) pairs, None for a blob that nobody makes."""

    bound: BoundLayer
    tops: tuple[str, ...]
    bottoms: list[tuple[Wired, int] | None] = field(default_factory=list)
    usable: bool = True

    def top_span(self, index: int) -> Span:
        return self.bound.place("top", index)


Made = dict[str, tuple[Wired, int]]  # the latest writer of each blob, and which top it is


def wire(net: BoundNet, report: Report) -> list[Wired]:
    """The layers of the net in file order, connected; faults go to the report."""
    present = [b for b in net.layers if b.included]
    latest: Made = {}
    readers: dict[tuple[int, int], list[tuple[BoundLayer, int]]] = {}
    unknown = _Unknown(net, report)
    wired: list[Wired] = []
    unnamed = 0
    for bound in present:
        tops = bound.parameter.top
        if not tops and bound.layer is not None and bound.layer.loss:
            unnamed += 1
            tops = (AUTOMATIC if unnamed == 1 else f"{AUTOMATIC} {unnamed}",)
        here = Wired(bound, tops)
        counted = list(_count_faults(bound, bound.layer, here.tops) if bound.layer else ())
        report.extend(counted)
        here.usable = bound.layer is not None and not counted
        for i, blob in enumerate(bound.parameter.bottom):
            found = latest.get(blob)
            if found is None:
                unknown.report_bottom(bound, i, blob, latest)
                here.usable = False
            else:
                readers.setdefault((id(found[0]), found[1]), []).append((bound, i))
            here.bottoms.append(found)
        for i, blob in enumerate(here.tops):
            if not blob.startswith(AUTOMATIC):
                latest[blob] = (here, i)
        if counted and bound.layer is not None and len(here.tops) < bound.layer.tops.least:
            latest.setdefault(bound.parameter.name, (here, 0))  # the top that was forgotten
        wired.append(here)
    _check_writers(wired, readers, report)
    return wired


def given_shapes(
    net: BoundNet, shapes: Mapping[str, Sequence[int]], report: Report
) -> dict[str, Shape]:
    """The shapes given for tops of sources and, in a sketch, of unknown layers.

    One for a layer that the state leaves out is unused.
    """
    given = {}
    makers = [n for n in net.layers if n.layer is None or n.layer.makes_data or not n.layer.known]
    sources = {blob for maker in makers for blob in maker.parameter.top}
    for blob, shape in shapes.items():
        if blob not in sources:
            made = ", ".join(sorted(sources)) or "nothing"
            help = nearest(blob, sources) or f"inputs and data layers make {made}"
            message = f"a shape is given for {blob}, which no input or data layer makes"
            report.add("N409", message, None, help)
        elif not all(isinstance(d, int) and 0 < d < 2**31 for d in shape):
            message = f"the shape given for {blob} is {spelled(shape)}"
            report.add("N409", message, None, "give whole numbers of 1 or more")
        else:
            given[blob] = tuple(shape)
    return given


def _count_faults(bound: BoundLayer, layer: Layer, tops: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Whether the layer has as many bottoms and tops as its type takes and makes."""
    said = bound.parameter
    kind = a(type(layer).__name__)
    bottoms, wanted = len(said.bottom), layer.bottom_count()
    if bottoms not in wanted:
        message = f"{kind} layer takes {_plural(wanted, 'bottom')}, found {bottoms or 'none'}"
        at = bound.place("bottom", -1 if bottoms < wanted.least else wanted.most or 0)
        yield Diagnostic("N302", message, at, _bottom_help(layer, wanted, bottoms))
    if not layer.top_per_bottom:
        wanted = layer.tops
    elif bottoms in wanted:
        wanted = Count(bottoms, bottoms)
    else:
        return
    if len(tops) not in wanted:
        few = len(tops) < wanted.least
        message = f"{kind} layer makes {_plural(wanted, 'top')}, found {len(tops) or 'none'}"
        help = "add top: the name of the blob that it makes" if few else "remove the surplus top"
        help = "give one top for each bottom" if layer.top_per_bottom else help
        at = bound.place("top", -1 if few else wanted.most or 0)
        yield Diagnostic("N303", message, at, help)
    downs = len(said.propagate_down)
    if downs and downs != bottoms and bottoms in layer.bottom_count():
        bottom = _plural(Count(bottoms, bottoms), "bottom")
        message = f"propagate_down is given {times(downs)} for {bottom}"
        at = bound.place("propagate_down", min(bottoms, downs - 1))
        yield Diagnostic("N308", message, at, "give one value for each bottom, or none")


def _bottom_help(layer: Layer, wanted: Count, found: int) -> str:
    names = layer.bottom_names()
    if not names:
        return "it reads nothing: remove bottom"
    if found > wanted.least:
        return "remove the surplus bottom"
    if wanted.least == 1:
        return "add bottom: the name of the blob that it reads"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"its bottoms are {listed}".replace(" and more, ...", " and any number more")


def _plural(count: Count, noun: str) -> str:
    return f"{count} {noun}" + ("" if count.least == count.most == 1 else "s")


class _Unknown:
    """Words for a bottom that no layer above makes."""

    def __init__(self, net: BoundNet, report: Report) -> None:
        self.report = report
        backwards = net.layers[::-1]
        self.makers = {top: b for b in backwards if b.included for top in b.parameter.top}
        self.absent = {top: b for b in backwards if not b.included for top in b.parameter.top}
        self.said: set[str] = set()  # blobs of layers that are left out: one cause, told once

    def report_bottom(self, bound: BoundLayer, index: int, blob: str, latest: Made) -> None:
        maker, absent = self.makers.get(blob), self.absent.get(blob)
        code, help, notes = "N301", "", []
        message = f"no layer makes {blob}" if blob else "a bottom has an empty name"
        if maker is bound:
            message = f"the layer reads {blob}, which only it makes"
            help = "the first writer of a blob cannot read it"
        elif maker is not None:
            code, message = "N307", f"{blob} is read before it is made"
            help = "layers run in file order, without cycles: move the one that makes it up"
            notes.append(_makes(maker, blob))
        elif blob in self.said:
            return
        elif absent is not None:
            self.said.add(blob)
            message = f"no layer of this phase, level and stage makes {blob}"
            help = "include the layer that makes it, or leave out the one that reads it"
            there = [p.name for p in Phase if is_included(absent.parameter, NetState(phase=p))]
            if len(there) == 1:
                help = f"it is made in {there[0]} only: ask for that phase, or {help}"
            notes.append(_makes(absent, blob))
        elif len(self.report.errors) < MAX_SHOWN:
            above = ", ".join(list(latest)[-6:])
            help = nearest(blob, latest) or (f"the blobs above are {above}" if above else "")
        self.report.add(code, message, bound.place("bottom", index), help, notes)


def _makes(maker: BoundLayer, blob: str) -> Note:
    return Note(f"{maker.named} makes it", maker.place("top", maker.parameter.top.index(blob)))


def _check_writers(
    wired: list[Wired],
    readers: Mapping[tuple[int, int], list[tuple[BoundLayer, int]]],
    report: Report,
) -> None:
    """Two layers may write one blob only where the second works in place, alone."""
    latest: Made = {}
    for here in wired:
        bound, said = here.bound, here.bound.parameter
        for i, blob in enumerate(here.tops):
            before = latest.get(blob)
            latest[blob] = (here, i)
            unsure = bound.layer is None or None in here.bottoms
            if before is None or unsure:
                continue
            maker = before[0].bound
            others = readers.get((id(before[0]), before[1]), [])
            other = next(((r, j) for r, j in others if r is not bound or j != i), None)
            at, help = here.top_span(i), "give the top a name of its own"
            if i >= len(said.bottom) or said.bottom[i] != blob:
                if maker.layer is not None:
                    note = Note(f"{maker.named} makes it first", before[0].top_span(before[1]))
                    report.add("N304", f"{blob} is made twice", at, help, [note])
            elif other is not None:
                reader, j = other
                whose = "it reads twice" if reader is bound else "another layer reads"
                message = f"{bound.named} overwrites {blob}, which {whose}"
                note = Note(f"{reader.named} reads it", reader.place("bottom", j))
                report.add("N305", message, at, help, [note])
            elif (weight := _counts(maker, before[1])) is not None:
                message = f"{bound.named} overwrites {blob}, which counts towards the loss"
                note = Note(f"{maker.named} gives it a loss_weight", weight)
                report.add("N305", message, at, help, [note])
            elif bound.layer is not None and not bound.layer.in_place:
                kind = a(type(bound.layer).__name__)
                message = f"{kind} layer cannot write into its own bottom"
                report.add("N306", message, at, help)


def _counts(maker: BoundLayer, index: int) -> Span | None:
    """Where the file lets a top count towards the loss, which is to read it (InsertSplits)."""
    weights = maker.parameter.loss_weight
    there = index < len(weights) and weights[index] != 0
    return maker.place("loss_weight", index) if there else None
