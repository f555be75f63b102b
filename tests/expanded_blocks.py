"""What blocks, branches and loops expand to."""

from __future__ import annotations

from block_text import CONV

BLOCKS = {
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
