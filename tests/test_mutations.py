"""Nets with a few random changes: they load and compile, or are refused with a diagnostic."""

from __future__ import annotations

import re

import pytest
from breakages import FOLDER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import compiler
import netspec
from netspec.codes import CODES

TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir())}
PIECE = re.compile(r'"[^"\n]*"|[\w.]+|\s+|.', re.S)  # pieces join to the text again
WORDS = sorted({p for text in TEXTS.values() for p in PIECE.findall(text) if p.strip()})
NUMBERS = ["0", "1", "2", "3", "7", "16", "-1", "1.5", "1e3", "inf", "nan", "-inf", "0x10", "017"]
NEW = [*WORDS, *NUMBERS, "true", "MAX", "{", "}", "[", "]", ":", "-"]


@st.composite
def mutations(draw: st.DrawFn, name: str) -> str:
    """The text of a net with up to three of its pieces left out, doubled, exchanged or replaced."""
    pieces = PIECE.findall(TEXTS[name])
    solid = [i for i, piece in enumerate(pieces) if piece.strip()]
    numbers = [i for i in solid if pieces[i][0].isdigit()]
    for _ in range(draw(st.integers(1, 3))):
        change = draw(st.sampled_from(["leave out", "double", "exchange", "replace", "number"]))
        at = draw(st.sampled_from(numbers if change == "number" else solid))
        match change:
            case "leave out":
                pieces[at] = ""
            case "double":
                pieces[at] = f"{pieces[at]} {pieces[at]}"
            case "exchange":
                other = draw(st.sampled_from(solid))
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case "replace":
                pieces[at] = draw(st.sampled_from(NEW))
            case "number":
                pieces[at] = str(draw(st.integers(-2, 40)))
    return "".join(pieces)


def load(text: str, name: str, phase: str) -> netspec.Graph | None:
    """The graph, well formed; None where the text is refused, with a code that is explained."""
    try:
        graph = netspec.loads(text, phase, name=name)
    except netspec.SpecError as error:
        refusal = error
    else:
        graph.check()
        assert str(graph)
        return graph
    assert str(refusal)
    assert {d.code for d in refusal.diagnostics} <= CODES.keys()
    return None


@pytest.mark.parametrize("name", TEXTS)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_changed_net_is_read_or_refused(name: str, data: st.DataObject) -> None:
    text = data.draw(mutations(name))
    for phase in ("TRAIN", "TEST"):
        graph = load(text, name, phase)
        if graph is not None and sum(map(len, graph.weight_shapes.values())) < 50:
            compiler.compile(graph)


@given(text=st.text(st.sampled_from('layer{}:"#\n <>[],;-.0123abcxyz\\'), max_size=60))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for name in ("net.prototxt", "net.yaml"):
        load(text, name, "TEST")
