"""A small net of everything that rewrites look for, and how tests rewrite it."""

from __future__ import annotations

from pathlib import Path

from netspec.rewrite.choose import choose
from netspec.rewrite.write import NewSpec, Spec, rewrite
from netspec.schema.net import NetState, Phase
from netspec.source import Source

ROOT = Path(__file__).parents[1]
TRAIN, TEST = NetState(phase=Phase.TRAIN), NetState(phase=Phase.TEST)
SMALL = """\
# a small net of everything
inputs: {data: [8, 3, 20, 20], label: [8]}
blocks:
  conv:
    with: {out: , kernel: 1, group: 1}
    layers:
      - Convolution:
          name: .
          num_output: =out
          kernel_size: =kernel
          pad: =kernel // 2
          group: =group
          weight_filler: {type: msra}
      - ReLU
layers:
  - conv: {name: stem, bottom: data, out: 16, kernel: 3}   # the stem
  - LRN: {name: norm, local_size: 3}
  - Pooling: {name: pool, pool: MAX, kernel_size: 2, stride: 2}
  # side by side
  - Concat:
      name: block
      of:
        - [conv: {name: a, out: 8}]
        - [conv: {name: b, out: 8}, conv: {name: b2, out: 16, kernel: 5}]
  - Dropout: {name: drop, dropout_ratio: 0.2}
  - conv: {name: wide, out: 64}
  - conv: {name: down, out: 16}
  - conv: {name: middle, out: 16, kernel: 3}
  - conv: {name: up, out: 64}
  - conv: {name: seven, out: 16, kernel: 7}
  - conv: {name: one, out: 16, kernel: 3}
  - conv: {name: two, out: 16, kernel: 3}
  - conv: {name: broad, out: 32, kernel: 3}
  - Pooling: {name: half, pool: MAX, kernel_size: 2, stride: 2}
  - Convolution: {name: last, num_output: 16, kernel_size: 3, weight_filler: {type: msra}}
  - BatchNorm: {name: bn}
  - Scale: {name: sc, bias_term: true}
  - ReLU: {name: rl}
  - Pooling: {name: all, pool: AVE, global_pooling: true}
  - InnerProduct: {name: score, num_output: 5, weight_filler: {type: xavier}}
  - SoftmaxWithLoss: {name: loss, bottom: [score, label], include: {phase: TRAIN}}
"""


def opened(text: str, name: str = "net.yaml") -> Spec:
    return Spec.open(Source(name, text))


def rewritten(spec: Spec, asked: str, state: NetState = TRAIN) -> NewSpec:
    edits = [e for p in choose(asked, spec.graph(state)) for e in p.edits]
    return rewrite(spec, edits, [TRAIN, TEST])


GOOGLENET = (ROOT / "specs" / "googlenet" / "googlenet.yaml").read_text(encoding="utf-8")
