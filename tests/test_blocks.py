"""YAML specs expanded: chains, names, blocks, loops, branches, rules, files; what is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import Diagnostic, SpecError
from netspec.language.blocks.expand import expand_net
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Field, Message, Scalar
from netspec.language.yaml.words import resolve_net
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

EXPANDED = {
    "a chain": (
        "layers: [ReLU, Dropout: {dropout_ratio: 0.4}, TanH: , ReLU: {name: last}, ReLU]",
        [
            "relu = ReLU(data)",
            "dropout = Dropout(relu) dropout_param { dropout_ratio: 0.4 }",
            "tanh = TanH(dropout)",
            "last = ReLU(tanh)",
            "relu_2 = ReLU(last)",
        ],
    ),
    "short names": (
        "layers: [Convolution, BatchNorm, Scale, InnerProduct, Pooling, PReLU, ELU]",
        [
            "conv = Convolution(data)",
            "bn = BatchNorm(conv)",
            "scale = Scale(bn)",
            "fc = InnerProduct(scale)",
            "pool = Pooling(fc)",
            "prelu = PReLU(pool)",
            "elu = ELU(prelu)",
        ],
    ),
    "a given name is not given out again": (
        "layers: [ReLU: {name: relu}, ReLU, ReLU: {name: relu_3}, ReLU]",
        [
            "relu = ReLU(data)",
            "relu_2 = ReLU(relu)",
            "relu_3 = ReLU(relu_2)",
            "relu_4 = ReLU(relu_3)",
        ],
    ),
    "where settings go": (
        """\
layers:
  - Data:
      top: [data, label]
      source: here
      batch_size: 4
      transform_param: {scale: 0.5, mean_value: [1, 2]}
      include: {phase: TRAIN, stage: [a, b]}
  - InnerProduct:
      param: [{lr_mult: 1}, {lr_mult: 2, decay_mult: 0}]
      num_output: 5
      inner_product_param: {bias_term: false}
      weight_filler: {type: gaussian, std: 1e-3}
  - Accuracy: {bottom: [fc, label], top_k: 5, loss_weight: 0x1, propagate_down: [true, false]}
""",
        [
            "data: data, label = Data() transform_param { scale: 0.5 mean_value: 1 mean_value: 2 } "
            "data_param { source: here batch_size: 4 } "
            "include { phase: TRAIN stage: a stage: b }",
            "fc = InnerProduct(data) param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 } "
            "inner_product_param { num_output: 5 weight_filler { type: gaussian std: 1e-3 } "
            "bias_term: false }",
            "accuracy = Accuracy(fc, label) loss_weight: 0x1 propagate_down: true "
            "propagate_down: false accuracy_param { top_k: 5 }",
        ],
    ),
    "what is not known goes where its nearest name is": (
        "layers: [Convolution: {num_ouput: 3}, ReLU: {botom: x}, ReLU: {lrn_param: {beta: 1}}]",
        [
            "conv = Convolution(data) convolution_param { num_ouput: 3 }",
            "relu = ReLU(conv) botom: x",
            "relu_2 = ReLU(relu) lrn_param { beta: 1 }",
        ],
    ),
    "a layer without tops": (
        "layers: [ReLU, Silence, TanH, TanH: {top: []}, ELU]",
        [
            "relu = ReLU(data)",
            "silence:  = Silence(relu)",
            "tanh = TanH(relu)",
            "tanh_2:  = TanH(tanh)",
            "elu = ELU(tanh)",
        ],
    ),
    "sources begin a chain and read nothing": (
        "layers: [ReLU, DummyData: {name: noise}, ReLU, ReLU: {bottom: []}]",
        [
            "relu = ReLU(data)",
            "noise = DummyData()",
            "relu_2 = ReLU(noise)",
            "relu_3 = ReLU()",
        ],
    ),
    "in some states only": (
        """\
layers:
  - InnerProduct: {num_output: 2}
  - Dropout: {include: {phase: TRAIN}}
  - BatchNorm: {name: bn, bottom: fc, include: {phase: TRAIN}}
  - BatchNorm: {name: bn, use_global_stats: true, exclude: [{phase: TRAIN}, {stage: s}]}
  - SoftmaxWithLoss: {bottom: [fc, data], include: {phase: TRAIN}}
  - Softmax: {name: prob, top: prob, include: {phase: TEST}}
  - Power
""",
        [
            "fc = InnerProduct(data) inner_product_param { num_output: 2 }",
            "dropout: fc = Dropout(fc) include { phase: TRAIN }",
            "bn: fc = BatchNorm(fc) include { phase: TRAIN }",
            "bn: fc = BatchNorm(fc) batch_norm_param { use_global_stats: true } "
            "exclude { phase: TRAIN } exclude { stage: s }",
            "loss = SoftmaxWithLoss(fc, data) include { phase: TRAIN }",
            "prob = Softmax(fc) include { phase: TEST }",
            "power = Power(prob)",
        ],
    ),
    "a block": (
        CONV
        + "layers: [conv: {name: c, out: 4, kernel: 3}, conv: {out: 5}, conv: {out: 6, pad: 1}]",
        [
            "c = Convolution(data) convolution_param { num_output: 4 kernel_size: 3 pad: 1 }",
            "c/bn = BatchNorm(c)",
            "c/relu = ReLU(c/bn)",
            "conv = Convolution(c/relu) convolution_param { num_output: 5 kernel_size: 1 pad: 0 }",
            "conv/bn = BatchNorm(conv)",
            "conv/relu = ReLU(conv/bn)",
            "conv_2 = Convolution(conv/relu) "
            "convolution_param { num_output: 6 kernel_size: 1 pad: 1 }",
            "conv_2/bn = BatchNorm(conv_2)",
            "conv_2/relu = ReLU(conv_2/bn)",
        ],
    ),
    "names as paths": (
        """\
blocks:
  inner:
    layers:
      - ReLU: {name: .}
      - ReLU: {name: ../up, top: /high}
      - ReLU: {name: "/{name}_relu"}
      - ReLU: {bottom: high}
      - ReLU: {bottom: [., ../up, mine], top: [a, .]}
  outer: {layers: [inner: {name: a}, ReLU: {bottom: a}, inner: {name: .}, inner: {name: /b/c}]}
layers: [outer: {name: o}]
""",
        [
            "o/a = ReLU(data)",
            "o/up: high = ReLU(o/a)",
            "a_relu = ReLU(high)",
            "o/a/relu = ReLU(high)",
            "o/a/relu_2: o/a/a, o/a = ReLU(o/a, o/up, mine)",
            "o/relu = ReLU(o/a)",
            "o = ReLU(o/relu)",
            "up: high = ReLU(o)",
            "o_relu = ReLU(high)",
            "o/relu_2 = ReLU(high)",
            "o/relu_3: o/a, o = ReLU(o, up, mine)",
            "b/c = ReLU(o/a)",
            "b/up: high = ReLU(b/c)",
            "c_relu = ReLU(high)",
            "b/c/relu = ReLU(high)",
            "b/c/relu_2: b/c/a, b/c = ReLU(b/c, b/up, mine)",
        ],
    ),
    "branches": (
        CONV
        + """\
  residual:
    with: {body: , skip: []}
    layers: [Eltwise: {name: ., of: {main: =body, skip: =skip}}]
layers:
  - Concat: {name: mix, of: {1x1: [ReLU], deep: [ReLU, TanH], none: []}}
  - Eltwise: {of: [[ReLU], [], [ReLU: {bottom: data}]]}
  - residual: {name: r, body: [ReLU, TanH]}
  - residual: {name: s, body: [residual: {body: [ELU], skip: [TanH]}]}
  - Concat: {bottom: data, of: {a: [], b: [Power]}}
""",
        [
            "mix/1x1/relu = ReLU(data)",
            "mix/deep/relu = ReLU(data)",
            "mix/deep/tanh = TanH(mix/deep/relu)",
            "mix = Concat(mix/1x1/relu, mix/deep/tanh, data)",
            "relu = ReLU(mix)",
            "relu_2 = ReLU(data)",
            "eltwise = Eltwise(relu, mix, relu_2)",
            "r/main/relu = ReLU(eltwise)",
            "r/main/tanh = TanH(r/main/relu)",
            "r = Eltwise(r/main/tanh, eltwise)",
            "s/main/residual/main/elu = ELU(r)",
            "s/main/residual/skip/tanh = TanH(r)",
            "s/main/residual = Eltwise(s/main/residual/main/elu, s/main/residual/skip/tanh)",
            "s = Eltwise(s/main/residual, r)",
            "b/power = Power(data)",
            "concat = Concat(data, b/power)",
        ],
    ),
    "several blobs at once": (
        "blocks: {join: {layers: [Concat, ReLU: {bottom: '=bottom[1]'}]}}\n"
        "layers: [join: {of: {a: [ReLU], b: []}}, join: {bottom: [data, a/relu]}]",
        [
            "a/relu = ReLU(data)",
            "join/concat = Concat(a/relu, data)",
            "join/relu = ReLU(data)",
            "join_2/concat = Concat(data, a/relu)",
            "join_2/relu = ReLU(a/relu)",
        ],
    ),
    "loops": (
        """\
layers:
  - for: {i: 2}
    layers: [ReLU: {name: "r{i}"}, TanH]
  - layers: [InnerProduct: {name: "fc{out}", num_output: =out, bias_term: =bias}]
    for: {out: [8, =2 * 3], bias: [true, false]}
  - for: {i: 2}
    layers:
      - for: {letter: [a, b]}
        layers: [ELU: {name: "{i}{letter}", when: "=not (i == 1 and letter == 'a')"}]
  - for: {i: 0}
    layers: [ReLU]
""",
        [
            "r1 = ReLU(data)",
            "tanh = TanH(r1)",
            "r2 = ReLU(tanh)",
            "tanh_2 = TanH(r2)",
            "fc8 = InnerProduct(tanh_2) inner_product_param { num_output: 8 bias_term: true }",
            "fc6 = InnerProduct(fc8) inner_product_param { num_output: 6 bias_term: false }",
            "1b = ELU(fc6)",
            "2a = ELU(1b)",
            "2b = ELU(2a)",
        ],
    ),
    "parameters of every kind": (
        """\
with: {base: 4, filler: {type: xavier}, rates: [{lr_mult: 1}, {lr_mult: 2}]}
blocks:
  fc:
    with: {out: =base * 2, bias: true, act: ReLU, then: [], sizes: [1, 2], more: {name: "{act}"}}
    layers:
      - InnerProduct:
          num_output: =out + sizes[1]
          bias_term: =bias
          weight_filler: =filler
          param: =rates
      - =then
      - ELU: =more
layers:
  - fc
  - fc: {out: 3, bias: =base > 9, then: [TanH, =last], act: "a{base}", sizes: "=[7, 8]"}
""".replace("=last", "ReLU"),
        [
            "fc/fc = InnerProduct(data) param { lr_mult: 1 } param { lr_mult: 2 } "
            "inner_product_param { num_output: 10 bias_term: true weight_filler { type: xavier } }",
            "fc/ReLU = ELU(fc/fc)",
            "fc_2/fc = InnerProduct(fc/ReLU) param { lr_mult: 1 } param { lr_mult: 2 } "
            "inner_product_param "
            "{ num_output: 11 bias_term: false weight_filler { type: xavier } }",
            "fc_2/tanh = TanH(fc_2/fc)",
            "fc_2/relu = ReLU(fc_2/tanh)",
            "fc_2/a4 = ELU(fc_2/relu)",
        ],
    ),
    "a body keeps the names of the place that it was written in": (
        """\
with: {x: 1}
blocks:
  wrap: {with: {x: 2, body: }, layers: [=body, ReLU: {name: "inner{x}"}]}
layers: [wrap: {body: [ReLU: {name: "outer{x}"}]}]
""",
        ["wrap/outer1 = ReLU(data)", "wrap/inner2 = ReLU(wrap/outer1)"],
    ),
    "rules of a block": (
        "blocks: {head: {layers: [ReLU, Concat: {of: {a: [TanH], b: []}}]}}\n"
        "layers: [head: {include: {phase: TRAIN}}, ELU]",
        [
            "head/relu = ReLU(data) include { phase: TRAIN }",
            "head/a/tanh = TanH(head/relu) include { phase: TRAIN }",
            "head/concat = Concat(head/a/tanh, head/relu) include { phase: TRAIN }",
            "elu = ELU(data)",
        ],
    ),
    "texts that are not computed": (
        'layers: [ReLU: {name: ==x}, ReLU: {name: "{{a}}"}, TanH: {name: 3, bottom: 1, top: 2}]',
        ["=x = ReLU(data)", "{a} = ReLU(=x)", "3: 2 = TanH(1)"],
    ),
    "a layer without a name": (
        'layers: [ReLU: {name: "", top: x}, TanH]',
        [": x = ReLU(data)", "tanh = TanH(x)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPANDED)
def test_expands(case: str) -> None:
    text, expected = EXPANDED[case]
    assert lines(expand(DATA + text)) == [INPUT, *expected]


def test_the_first_input_begins_the_chain() -> None:
    net = expand("inputs: {a: [1, 2], b: '=[3]', c: []}\nlayers: [ReLU]")
    assert lines(net) == [
        "a = Input() input_param { shape { dim: 1 dim: 2 } }",
        "b = Input() input_param { shape { dim: 3 } }",
        "c = Input() input_param { shape {  } }",
        "relu = ReLU(a)",
    ]


def test_fields_of_the_net_itself() -> None:
    net = expand('name: ="n" + str(1)\nforce_backward: true\nstate: {phase: TEST}\nlayers: []')
    assert inside(net) == "name: n1 force_backward: true state { phase: TEST }"


def test_words_become_text_or_names() -> None:
    text = """\
name: MAX
state: {phase: TEST, stage: DEPLOY}
layers:
  - Pooling: {pool: MAX, global_pooling: true, include: {phase: TRAIN, stage: TRAIN}}
  - Convolution: {top: MAX, weight_filler: {type: FAN_IN, variance_norm: FAN_IN}, engine: CAFFE}
  - Data: {backend: LMDB, source: LMDB, transform_param: {mean_file: NONE}}
  - ReLU: {param: {name: SHARED, share_mode: STRICT}, odd_param: {a: NONE, b: None, c: "NO"}}
"""
    text = text.replace("include:", "top: p, include:")
    printed = print_prototxt(resolve_net(expand(text), FACTS))
    quoted = {"MAX", "DEPLOY", "TRAIN", "FAN_IN", "LMDB", "NONE", "SHARED", "None", "NO"}
    for word in quoted:
        assert f'"{word}"' in printed
    for name in ("pool: MAX", "phase: TEST", "phase: TRAIN", "variance_norm: FAN_IN", "a: NONE"):
        assert name in printed
    for name in ("engine: CAFFE", "backend: LMDB", "share_mode: STRICT", "global_pooling: true"):
        assert name in printed


FAULTS = {
    "unknown types": (
        "layers: [Relu, ReLu, conv]",
        [("N140", "Relu"), ("N140", "ReLu"), ("N140", "conv")],
    ),
    "settings beside the type": ("layers:\n  - ReLU:\n    name: x", [("N141", "name")]),
    "no layer": ("layers: [3, [ReLU], ~]", [("N141", "3"), ("N141", "[ReLU]"), ("N141", "~")]),
    "settings that are no mapping": (
        "layers: [ReLU: 3, ReLU: [a]]",
        [("N141", "3"), ("N141", "[a]")],
    ),
    "a for of nothing": ("layers: [{for: {i: 3}}]", [("N141", "for")]),
    "a setting beside for": (
        "layers: [{for: {i: 3}, name: x, layers: []}]",
        [("N141", "name")],
    ),
    "layers that are no list": ("layers: {ReLU: }", [("N142", "{ReLU: }")]),
    "no layers": ("name: x\nblocks: {a: {layers: []}}", [("N142", "name")]),
    "sections that are misspelt": (
        "name: x\nblock: {a: {layers: [ReLU]}}\nlayer: [a, a, ReLUU]",
        [("N142", "block"), ("N142", "layer")],
    ),
    "a section of blocks that is misspelt": (
        "block: {a: {layers: [ReLU]}}\nlayers: [a, a, b]",
        [("N142", "block")],
    ),
    "inputs that are no mapping": ("inputs: [data]\nlayers: []", [("N142", "[data]")]),
    "a shape that is no list": (
        "inputs: {a: 3, b: {c: 1}}\nlayers: []",
        [("N142", "3"), ("N142", "{c: 1}")],
    ),
    "blocks that are no mapping": ("blocks: [a]\nlayers: []", [("N142", "[a]")]),
    "a block named as a layer type": (
        "blocks: {ReLU: {layers: []}}\nlayers: [ReLU]",
        [("N143", "ReLU")],
    ),
    "a block without layers": ("blocks: {a: [ReLU]}\nlayers: [a, a]", [("N143", "a")]),
    "a block with something else": (
        "blocks: {a: {wiht: {b: }, layers: []}}\nlayers: [a: {b: 1}]",
        [("N143", "wiht")],
    ),
    "parameters that cannot be named": (
        "blocks: {a: {with: {name: , if: , 3x: }, layers: []}}\nlayers: [a]",
        [("N143", "name"), ("N143", "if"), ("N143", "3x")],
    ),
    "a loop over what cannot be named": (
        "layers: [{for: {not: 3}, layers: []}]",
        [("N143", "not")],
    ),
    "arguments": (
        CONV + "layers: [conv: {ou: 3, top: x}, conv: {out: =nowhere}]",
        [("N146", "conv"), ("N145", "ou"), ("N145", "top"), ("N151", "nowhere")],
    ),
    "a block that uses itself": (
        "blocks: {a: {layers: [b]}, b: {layers: [ReLU, a]}}\nlayers: [a]",
        [("N147", "a")],
    ),
    "absolute files": (
        "use: [/a.yaml, 'C:\\b.yaml', \\\\c\\d]\nlayers: [x]",
        [("N148", "/a.yaml"), ("N148", "'C:\\b.yaml'"), ("N148", "\\\\c\\d")],
    ),
    "a file that is no text": ("use: [3]\nlayers: [x]", [("N148", "3")]),
    "a missing file": ("use: a.yaml\nlayers: [x]", [("N114", "a.yaml")]),
    "a file that uses itself": (
        "use: [sub/../net.yaml]\nlayers: [x]",
        [("N149", "sub/../net.yaml")],
    ),
    "a constant that is broken": (
        "with: {a: =1 // 0, b: =a + 1}\nlayers: [ReLU: {name: =b}]",
        [("N153", "1 // 0")],
    ),
    "an expression points at its part": (
        "layers:\n  - ReLU: {negative_slope: '=1 + nowhere'}\n  - ReLU: {name: \"r{1 +}\"}",
        [("N151", "nowhere"), ("N150", "1 +")],
    ),
    "an expression behind escapes points at the whole": (
        'layers: [ReLU: {negative_slope: "=\\x6eo"}]',
        [("N151", '"=\\x6eo"')],
    ),
    "braces": ("layers: [ReLU: {name: 'a{'}, ReLU: {name: 'a}b'}]", [("N150", "{"), ("N150", "}")]),
    "a text of a truth": ("layers: [ReLU: {name: 'a{1 < 2}'}]", [("N152", "1 < 2")]),
    "when": ("layers: [ReLU: {when: 1}, ReLU: {when: yes}]", [("N154", "1"), ("N154", "yes")]),
    "for": (
        "layers: [{for: 3, layers: []}, {for: {i: x}, layers: []}, {for: {i: -1}, layers: []}]",
        [("N154", "for"), ("N154", "x"), ("N154", "-1")],
    ),
    "lists of different lengths": (
        "layers: [{for: {i: 2, j: [1]}, layers: []}]",
        [("N155", "for")],
    ),
    "names": (
        "layers: [ReLU: {name: .}, ReLU: {name: ../a}, ReLU: {name: /}, ReLU: {name: [a, b]}]",
        [("N157", "."), ("N157", "../a"), ("N157", "/"), ("N157", "[a, b]")],
    ),
    "blobs": (
        "layers: [ReLU: {bottom: {a: 1}}, ReLU: {top: true}, ReLU: {top: ../a}]",
        [("N157", "{a: 1}"), ("N157", "true"), ("N157", "../a")],
    ),
    "rules inside rules": (
        "blocks: {a: {layers: [ReLU: {include: {phase: TEST}}]}}\n"
        "layers: [a: {exclude: {phase: TRAIN}}]",
        [("N158", "include")],
    ),
    "a chain that breaks": (DATA + "layers: [LRN: {include: {phase: TEST}}]", [("N159", "LRN")]),
    "branches": (
        "layers: [Concat: {of: 3}, Concat: {of: {a: , b: [ReLU]}}, Concat: {of: [ReLU]}]",
        [("N160", "of"), ("N160", "a"), ("N160", "ReLU")],
    ),
    "nothing": (
        "layers: [Convolution: {num_output: }, ReLU: {name: }, {for: {i: }, layers: []}]",
        [("N138", "num_output"), ("N138", ""), ("N138", "")],
    ),
    "a list in a list": (
        "layers: [Convolution: {kernel_size: [[1]], pad: '=[[1]]'}]",
        [("N138", "[1]"), ("N138", "'=[[1]]'")],
    ),
    "a name that no field can have": (
        "layers: [ReLU: {relu_param: {3x: 1}}]",
        [("N137", "3x")],
    ),
}


def refused(text: str, files: Files | None = None) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        expand(text, files)
    return caught.value.diagnostics


@pytest.mark.parametrize("case", FAULTS)
def test_refuses(case: str) -> None:
    text, expected = FAULTS[case]
    found = refused(text)
    assert [(d.code, d.span.text if d.span else None) for d in found] == expected
    for diagnostic in found:
        diagnostic.render()


PROPOSED = {  # what is written of it, and a part of the help
    "layers: [Conv2d]": "Caffe calls it Convolution",
    "layers: [MaxPool2d]": "Caffe calls it Pooling with pool: MAX",
    "layers: [Linear]": "Caffe calls it InnerProduct",
    "blocks: {conv: {layers: []}}\nlayers: [Conv]": "the nearest name is conv",
    "layers: [{for: {i: =range(2)}, layers: []}]": "write `{i: 2}`, which runs 1, 2",
    "layers: [{for: {i: x}, layers: []}]": "write `{i: 2}`, which runs 1, 2",
    "layers:\n  - Pooling {pool: AVE}": "write `- Pooling: {...}`",
    "layers:\n  - Pooling {}": "write `- Pooling: {...}`",
    "layers:\n  - Pooling {pool: AVE, kernel_size: 2}": "write `Pooling: {...}`",
    "layers: [ReLU, Pooling {pool: AVE}]": "write `Pooling: {...}`",
}


@pytest.mark.parametrize("text", PROPOSED)
def test_proposes(text: str) -> None:
    (fault,) = refused(text)
    assert PROPOSED[text] in fault.help
    assert "{" not in text.partition("Pooling")[2] or "colon is missing" in fault.message


def test_a_fault_in_a_block_shows_every_use_once() -> None:
    text = """\
blocks:
  inner: {with: {n: }, layers: [InnerProduct: {num_output: =n + width}]}
  outer: {layers: [inner: {n: 2}]}
layers: [outer, outer, inner: {n: 3}]
"""
    (fault,) = refused(text)
    places = []
    span = fault.span
    while span is not None:
        places.append((span.text, str(span)))
        span = span.via
    assert places == [
        ("width", "net.yaml:2:65"),
        ("inner", "net.yaml:3:20"),
        ("outer", "net.yaml:4:10"),
    ]


def test_every_mistake_is_found() -> None:
    text = """\
blocks:
  a: {with: {n: }, layers: [Convolution: {num_output: =n + 'x', kernel_size: =m}]}
layers:
  - Relu
  - a
  - a: {n: 1}
  - ReLU: {when: 3}
  - for: {i: [1]}
    layers: [a: {m: 2}]
"""
    assert [d.code for d in refused(text)] == [
        "N140",
        "N146",
        "N152",
        "N151",
        "N154",
        "N146",
        "N145",
    ]


FILES = {
    "shared/act.yaml": """\
with: {slope: 0.5}
blocks: {act: {layers: [ReLU: {negative_slope: =slope}]}}
""",
    "shared/conv.yaml": """\
use: act.yaml
blocks: {conv: {layers: [Convolution, act]}}
layers: [TanH]
""",
}


def test_blocks_of_other_files() -> None:
    net = expand("use: [../shared/conv.yaml]\nlayers: [conv]", FILES, "nets/net.yaml")
    assert lines(net) == [
        "conv/conv = Convolution()",
        "conv/act/relu = ReLU(conv/conv) relu_param { negative_slope: 0.5 }",
    ]
    slope = list(net.each("layer"))[1].value
    assert isinstance(slope, Message)
    assert str(slope.span) == "shared/act.yaml:2:25"


def test_blocks_do_not_come_through_a_file() -> None:
    (fault,) = refused("use: [shared/conv.yaml]\nlayers: [conv, act]", FILES)
    assert (fault.code, fault.span and fault.span.text) == ("N140", "act")


def test_a_block_is_defined_once() -> None:
    text = "use: [shared/act.yaml, shared/conv.yaml]\nblocks: {act: {layers: []}}\nlayers: [act]"
    (fault,) = refused(text, FILES)
    assert (fault.code, str(fault.span)) == ("N144", "net.yaml:2:10")
    assert [str(note.span) for note in fault.notes] == ["shared/act.yaml:2:10"]


def test_a_fault_in_a_file_says_who_uses_it() -> None:
    files = {
        "a.yaml": "use: b.yaml\nblocks: {a: {layers: [b]}}",
        "b.yaml": "blocks: {b: {layers: [",
    }
    (fault,) = refused("use: a.yaml\nlayers: [a]", files)
    assert (fault.code, fault.span and fault.span.source.name) == ("N130", "b.yaml")
    assert [str(note.span) for note in fault.notes if "used here" in note.message] == ["a.yaml:1:6"]


def test_files_that_use_each_other() -> None:
    files = {"a.yaml": "use: b.yaml\nblocks: {}", "b.yaml": "use: net.yaml\nblocks: {}"}
    (fault,) = refused("use: a.yaml\nlayers: []", files)
    assert fault.code == "N149"
    assert "net.yaml uses a.yaml uses b.yaml uses net.yaml" in fault.message


def test_layers_know_the_block_that_they_stand_in() -> None:
    text = CONV + "layers: [ReLU, Concat: {name: mix, of: {a: [conv: {name: c, out: 3}]}}]"
    blocks = [f.value.block for f in expand(text).each("layer") if isinstance(f.value, Message)]
    assert blocks == [(), ("mix", "a", "c"), ("mix", "a", "c"), ("mix", "a", "c"), ()]


def test_values_point_at_what_made_them() -> None:
    net = expand(CONV + "layers: [conv: {name: c, out: 3}]")
    layer = next(net.each("layer")).value
    assert isinstance(layer, Message)
    convolution = layer.last("convolution_param")
    assert convolution is not None
    assert isinstance(convolution.value, Message)
    out = convolution.value.fields[0].value
    assert out.span.text == "=out"
    assert out.span.via is not None
    assert str(out.span.via) == "net.yaml:8:10"


def test_comments_come_along() -> None:
    text = """\
# head
name: net  # behind the name
# inputs
inputs:
  data: [1, 3]  # a blob
layers:
  # before conv1
  - conv: {name: conv1, out: 3}  # behind conv1
  - InnerProduct:  # behind fc
      # before out
      num_output: 3  # behind out
      name: fc  # behind its name
      # the end of fc
# the end
"""
    printed = print_prototxt(
        resolve_net(expand(CONV.replace("- ReLU", "- ReLU  # no") + text), FACTS)
    )
    comments = [part.strip() for line in printed.splitlines() for part in line.split("#")[1:]]
    assert comments == [
        "head",
        "behind the name",
        "inputs",
        "a blob",
        "before conv1",
        "conv1",
        "behind conv1",
        "behind its name",
        "before out",
        "behind out",
        "the end of fc",
        "behind fc",
        "the end",
    ]


def nested(depth: int, innermost: str) -> str:
    """Blocks that each use the next one twice."""
    blocks = "".join(f"  b{i}: {{layers: [b{i + 1}, b{i + 1}]}}\n" for i in range(depth))
    return f"blocks:\n{blocks}  b{depth}: {{layers: {innermost}}}\nlayers: [b0]\n"


HOSTILE = {
    "loops in loops": "layers: [{for: {i: 9999}, layers: [{for: {j: 9999}, layers: [ReLU]}]}]",
    "loops over nothing": "layers: [{for: {i: 9999999999999}, layers: []}]",
    "doubling blocks": nested(40, "[ReLU]"),
    "doubling blocks without layers": nested(40, "[]"),
    "deep blocks": nested(60, "[]"),
    "doubling messages": "with:\n  s0: {a: 1}\n"
    + "".join(f"  s{i + 1}: {{a: =s{i}, b: =s{i}}}\n" for i in range(40))
    + "layers: [ReLU: {relu_param: =s40}]",
    "doubling bodies": "with:\n  s0: []\n"
    + "".join(f"  s{i + 1}: [=s{i}, =s{i}]\n" for i in range(40))
    + "layers: =s40",
    "too many layers": "layers: [" + "ReLU, " * 20_001 + "]",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_small_file_cannot_ask_for_much(case: str) -> None:
    began = time.process_time()
    assert {d.code for d in refused(HOSTILE[case])} == {"N156"}
    assert time.process_time() - began < 30


def test_a_message_in_a_message_without_end() -> None:
    text = "with:\n  s0: {a: 1}\n" + "".join(f"  s{i + 1}: {{a: =s{i}}}\n" for i in range(120))
    assert [d.code for d in refused(text + "layers: [ReLU: {relu_param: =s120}]")] == ["N135"]


def test_a_net_of_twenty_thousand_layers_is_allowed() -> None:
    net = expand("layers: [{for: {i: 19999}, layers: [ReLU]}]")
    assert len(net.fields) == 19_999


def test_specs_are_as_short_as_the_papers_tables() -> None:
    specs = Path(__file__).parent.parent / "specs"
    blocks = (specs / "resnet" / "published.yaml").read_text().splitlines()
    resnet = (specs / "resnet" / "resnet-152.yaml").read_text().splitlines()
    inception = (specs / "bn-inception" / "bn-inception.yaml").read_text().splitlines()
    written = [line for line in blocks + resnet if line and not line.startswith("#")]
    assert len(written) <= 60
    assert len(inception) <= 80


PIECES = [
    "=",
    "{",
    "}",
    "[",
    "]",
    ": ",
    ", ",
    "- ",
    "\n",
    "for",
    "of",
    "when",
    "name",
    "layers",
    "=i",
]
PIECES += ["..", "../", "/", ".", "~", "1", "-1", "'", '"', "# c\n", "=body", "{i}", "ReLU", "conv"]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(EXPANDED)), st.data())
def test_no_text_ends_in_a_traceback(case: str, data: st.DataObject) -> None:
    text = DATA + EXPANDED[case][0]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 6))
        text = text[:at] + data.draw(st.sampled_from(["", *PIECES])) + text[at + cut :]
    found: list[Diagnostic] = []
    try:
        print_prototxt(resolve_net(expand(text), FACTS))
    except SpecError as error:
        found = error.diagnostics or [Diagnostic("", "nothing is said")]
    assert all(d.span is not None and d.render() for d in found)
