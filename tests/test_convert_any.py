"""Any net, drawn at random, is written as YAML and reads back."""

from __future__ import annotations

from canonical import COMMON, canonical, yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.language.yaml.to_yaml import to_yaml
from netspec.layers import FACTS
from netspec.source import Source, Span

NOWHERE = Span(Source("<made>", ""), 0, 0)
BLOBS = st.sampled_from(["data", "a", "b", "a/b", "/c", ".", "../d", "=e", "{f}", "1", "no", ""])
TYPES = (
    *("ReLU", "Convolution", "Concat", "Silence", "Input", "Data", "Dropout", "BatchNorm"),
    *("Softmax", "SoftmaxWithLoss", "Slice", "Pooling"),
)
WORDS = st.one_of(st.sampled_from(["x", "MAX", "yes", "~", "a b", "#", "- a", "0o7"]), st.text())
SCALARS = st.one_of(
    WORDS.map(lambda text: (Kind.STRING, text)),
    st.sampled_from(["1", "-2", "0.5", "1e-3", "017"]).map(lambda text: (Kind.NUMBER, text)),
    st.sampled_from(["true", "false", "True"]).map(lambda text: (Kind.NAME, text)),
)


def field(name: str, kind: Kind, text: str) -> Field:
    return Field(name, Scalar(kind, text, NOWHERE), NOWHERE)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Settings of an unknown message, one level deep."""
    names = st.sampled_from(["a", "b", "c_d"])
    fields = [field(draw(names), *draw(SCALARS)) for _ in range(draw(st.integers(0, 4)))]
    if draw(st.booleans()):
        inner = [field(draw(names), *draw(SCALARS)) for _ in range(draw(st.integers(0, 2)))]
        fields.append(Field("e", Message(inner, NOWHERE), NOWHERE))
    return Message(fields, NOWHERE)


@st.composite
def layers(draw: st.DrawFn) -> Field:
    """A layer of any wiring, with rules and a message that may not belong to it."""
    fields = [field("type", Kind.STRING, draw(st.sampled_from(TYPES)))]
    if draw(st.booleans()):
        fields.append(field("name", Kind.STRING, draw(BLOBS.filter(bool))))
    for word in ("bottom", "top"):
        for blob in draw(st.lists(BLOBS.filter(bool), max_size=3)):
            fields.append(field(word, Kind.STRING, blob))
    if draw(st.booleans()):
        phase = Message(
            [field("phase", Kind.NAME, draw(st.sampled_from(["TRAIN", "TEST"])))], NOWHERE
        )
        fields.append(Field(draw(st.sampled_from(["include", "exclude"])), phase, NOWHERE))
    for name in draw(st.lists(st.sampled_from(["odd_param", "loss_param"]), max_size=2)):
        fields.append(Field(name, draw(messages()), NOWHERE))
    return Field("layer", Message(draw(st.permutations(fields)), NOWHERE), NOWHERE)


@settings(deadline=None, max_examples=200)
@given(st.lists(layers(), max_size=6))
def test_any_net_reads_back(entries: list[Field]) -> None:
    net = Message([field("name", Kind.STRING, "any"), *entries], NOWHERE)
    text = to_yaml(net, FACTS, COMMON)
    assert canonical(yaml(text)) == canonical(net), text
