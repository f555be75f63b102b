"""YAML specs as short texts: expanded in memory, and a line for each layer that comes of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.diagnostics import Diagnostic, SpecError
from netspec.language.blocks.expand import expand_net
from netspec.language.tree import Field, Message, Scalar
from netspec.layers import FACTS
from netspec.schema.net import LayerParameter
from netspec.source import Source, Span

COMMON = LayerParameter.by_field
Files = dict[str, str]


def expand(text: str, files: Files | None = None, name: str = "net.yaml") -> Message:
    def read(path: Path, at: Span) -> Source:
        if path.as_posix() not in (files or {}):
            raise SpecError(Diagnostic("N114", f"cannot read {path}", at))
        return Source(path.as_posix(), (files or {})[path.as_posix()])

    return expand_net(Source(name, text), FACTS, COMMON, read)


def inside(message: Message) -> str:
    """Fields on one line: `num_output: 3 weight_filler { type: xavier }`."""
    return " ".join(
        f"{f.name}: {f.value.text}"
        if isinstance(f.value, Scalar)
        else f"{f.name} {{ {inside(f.value)} }}"
        for f in message.fields
    )


def lines(net: Message) -> list[str]:
    """A line for each layer: `conv1 = Convolution(data) convolution_param { num_output: 3 }`."""
    return [line(f.value) for f in net.each("layer") if isinstance(f.value, Message)]


def line(layer: Message) -> str:
    made = {"bottom": list[str](), "top": list[str]()}
    rest: list[Field] = []
    for field in layer.fields:
        if field.name in made and isinstance(field.value, Scalar):
            made[field.name].append(field.value.text)
        elif field.name not in ("name", "type"):
            rest.append(field)
    name, tops = layer.text("name"), ", ".join(made["top"])
    called = name if name == tops else f"{name}: {tops}"
    text = f"{called} = {layer.text('type')}({', '.join(made['bottom'])})"
    return f"{text} {inside(Message(rest, layer.span))}".rstrip()


DATA = "inputs: {data: [1, 3, 8, 8]}\n"
INPUT = "data = Input() input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } }"
CONV = """\
blocks:
  conv:
    with: {out: , kernel: 1, pad: =kernel // 2}
    layers:
      - Convolution: {name: ., num_output: =out, kernel_size: =kernel, pad: =pad}
      - BatchNorm
      - ReLU
"""


def refused(text: str, files: Files | None = None) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        expand(text, files)
    return caught.value.diagnostics
