"""Bottoms to the tops that they name, by Caffe's rules: a layer reads the latest writer above it in the file.

Caffe's own order is kept: splits are inserted first (util/insert_splits.cpp), so a blob that somebody else reads can no
longer be overwritten in place (net.cpp, AppendTop).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.diagnostics import Note, Report, nearest
from netspec.graph import AUTOMATIC
from netspec.schema.bind import BoundLayer, BoundNet
from netspec.schema.layer import Count, Layer, Shape
from netspec.source import Span


@dataclass(eq=False)
class Wired:
    """A layer of the net with its bottoms resolved: (layer, top) pairs, or None for a blob that nobody makes."""

    bound: BoundLayer
    tops: tuple[str, ...]
    bottoms: list[tuple[Wired, int] | None] = field(default_factory=list)
    usable: bool = True

    def top_span(self, index: int) -> Span:
        return self.bound.place_of("top", index)


def wire(net: BoundNet, given: Mapping[str, Shape], report: Report) -> list[Wired]:
    """The layers of the net in file order, connected; faults go to the report."""
    present = [b for b in net.layers if b.included]
    _check_given(net, given, report)
    if not present:
        report.add(
            "N312",
            "the net has no layers in this state",
            net.tree.span,
            "add a layer, or ask for another phase",
        )
    latest: dict[str, tuple[Wired, int]] = {}
    readers: dict[tuple[int, int], list[BoundLayer]] = {}
    makers = {top: b for b in reversed(present) for top in b.parameter.top}
    wired: list[Wired] = []
    for bound in present:
        here = Wired(bound, _tops(bound))
        here.usable = bound.layer is not None and _check_counts(
            bound, bound.layer, here.tops, report
        )
        for i, blob in enumerate(bound.parameter.bottom):
            found = latest.get(blob)
            if found is None:
                _unknown(bound, i, blob, makers, latest, report)
                here.usable = False
            else:
                readers.setdefault((id(found[0]), found[1]), []).append(bound)
            here.bottoms.append(found)
        for i, blob in enumerate(here.tops):
            if not blob.startswith(AUTOMATIC):
                latest[blob] = (here, i)
        wired.append(here)
    _check_writers(wired, readers, report)
    return wired


def _tops(bound: BoundLayer) -> tuple[str, ...]:
    tops = bound.parameter.top
    if not tops and bound.layer is not None and bound.layer.loss:
        return (f"{AUTOMATIC} {bound.parameter.name}",)
    return tops


def _check_given(net: BoundNet, given: Mapping[str, Shape], report: Report) -> None:
    """A shape is given for the top of a source; of a layer that is not in this state, it is left unused."""
    sources = {
        top for b in net.layers if b.layer is None or b.layer.source for top in b.parameter.top
    }
    for blob in given:
        if blob not in sources:
            help = nearest(blob, sources) or "inputs and sources make " + (
                ", ".join(sorted(sources)) or "nothing"
            )
            report.add(
                "N409",
                f"a shape is given for {blob}, which no input or data layer makes",
                None,
                help,
            )


def _check_counts(bound: BoundLayer, layer: Layer, tops: tuple[str, ...], report: Report) -> bool:
    said = bound.parameter
    kind = type(layer).__name__
    bottoms = len(said.bottom)
    before = len(report.errors)
    wanted = layer.bottom_count()
    if bottoms not in wanted:
        names = layer.bottom_names()
        help = f"its bottoms are {', '.join(names)}" if names else "it reads nothing: remove bottom"
        at = (
            bound.place_of("bottom", wanted.most)
            if wanted.most is not None
            else bound.locate("bottom")
        )
        report.add(
            "N302", f"a {kind} layer takes {_plural(wanted, 'bottom')}, found {bottoms}", at, help
        )
    wanted = Count(bottoms, bottoms) if layer.top_per_bottom else layer.tops
    if len(tops) not in wanted and not (layer.top_per_bottom and len(report.errors) > before):
        help = "one top for each bottom" if layer.top_per_bottom else ""
        at = bound.place_of("top", wanted.most) if wanted.most is not None else bound.locate("top")
        report.add(
            "N303", f"a {kind} layer makes {_plural(wanted, 'top')}, found {len(tops)}", at, help
        )
    if said.propagate_down and len(said.propagate_down) != bottoms:
        found = len(said.propagate_down)
        message = f"propagate_down is given {found} times for {_plural(Count(bottoms, bottoms), 'bottom')}"
        report.add(
            "N308",
            message,
            bound.locate("propagate_down"),
            "give one value for each bottom, or none",
        )
    return len(report.errors) == before


def _plural(count: Count, noun: str) -> str:
    return f"{count} {noun}" + ("" if count.least == count.most == 1 else "s")


def _unknown(
    bound: BoundLayer,
    index: int,
    blob: str,
    makers: Mapping[str, BoundLayer],
    latest: Mapping[str, object],
    report: Report,
) -> None:
    at = bound.place_of("bottom", index)
    maker = makers.get(blob)
    if maker is bound:
        report.add(
            "N301",
            f"the layer reads {blob}, which only it makes",
            at,
            "the first writer of a blob cannot read it",
        )
    elif maker is not None:
        below = maker.place_of("top", maker.parameter.top.index(blob))
        report.add(
            "N307",
            f"{blob} is read before it is made",
            at,
            "layers run in file order, and a net has no cycles: move the layer below the one that makes the blob",
            [Note(f"{maker.parameter.name or 'a layer'} makes it here", below)],
        )
    else:
        help = nearest(blob, latest) or "the blobs above are " + (
            ", ".join(list(latest)[-6:]) or "none"
        )
        report.add("N301", f"no layer makes {blob}", at, help)


def _check_writers(
    wired: list[Wired], readers: Mapping[tuple[int, int], list[BoundLayer]], report: Report
) -> None:
    """Two layers may write one blob only where the second works in place, alone."""
    latest: dict[str, tuple[Wired, int]] = {}
    for here in wired:
        said = here.bound.parameter
        for i, blob in enumerate(here.tops):
            before = latest.get(blob)
            latest[blob] = (here, i)
            if before is None or blob.startswith(AUTOMATIC):
                continue
            first = Note(
                f"{before[0].bound.parameter.name or 'a layer'} makes it here",
                before[0].top_span(before[1]),
            )
            at = here.top_span(i)
            if i >= len(said.bottom) or said.bottom[i] != blob:
                report.add(
                    "N304", f"{blob} is made twice", at, "give the top a name of its own", [first]
                )
                continue
            others = [r for r in readers.get((id(before[0]), before[1]), []) if r is not here.bound]
            layer = here.bound.layer
            if others:
                other = others[0]
                note = Note(
                    f"{other.parameter.name or 'a layer'} reads it", other.place_of("bottom", 0)
                )
                report.add(
                    "N305",
                    f"{said.name or 'a layer'} overwrites {blob}, which another layer reads",
                    at,
                    "give the top a name of its own",
                    [note],
                )
            elif layer is not None and not layer.in_place:
                report.add(
                    "N306",
                    f"a {type(layer).__name__} layer cannot write into its own bottom",
                    at,
                    "give the top a name of its own",
                )
