"""Ways to break the nets in tests/broken, one at a time.

A Row says what stands in the file, what is put in its place, and the code that is to be given. The
first diagnostic has to begin at «, and is the only one unless the row says how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "broken"


class Row(NamedTuple):
    """`old`, the first one behind the first `after`, becomes `new`.

    `at` is the place of the fault where it does not stand in `new`.
    """

    old: str
    new: str
    code: str
    number: int = 1
    after: str = ""
    at: str = ""


@dataclass(frozen=True)
class Breakage:
    """A broken net: its text, the code and the place of its first diagnostic, and their number."""

    name: str
    file: str
    text: str
    code: str
    start: int
    number: int = 1

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        return self.start - self.text.rfind("\n", 0, self.start)


def all_breakages() -> Iterator[Breakage]:
    for file, rows in ROWS.items():
        yield from (broken(file, row) for row in rows)
        if file.endswith(".prototxt"):
            yield from without_a_brace(file)


def broken(file: str, row: Row) -> Breakage:
    text = (FOLDER / file).read_text(encoding="utf-8")
    at = text.index(row.old, text.index(row.after))
    marked = text[:at] + row.new + text[at + len(row.old) :]
    if row.at:
        plain = row.at.replace("«", "").replace("»", "")
        assert plain in marked, row
        marked = marked.replace(plain, row.at, 1)
    left = marked.replace("«", "").replace("»", "")
    name = f"{row.code} {file}: {row.old} > {row.new}".replace("\n", " ")
    return Breakage(name, file, left, row.code, marked.index("«"), row.number)


def without_a_brace(file: str) -> Iterator[Breakage]:
    """Leave out the closing brace of each layer in turn: the one that it closed is at fault."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    opening = -1
    while (opening := text.find("layer {", opening + 1)) >= 0:
        closing = text.index("\n}\n", opening) + 1
        left = text[:closing] + text[closing + 2 :]
        name = f"N102 {file}: unclosed at {opening}"
        yield Breakage(name, file, left, "N102", opening + len("layer "))


LENET = [
    # types of layers
    Row('"Input"', '«"Inputs"»', "N201"),
    Row('"Convolution"', '«"Convolutoin"»', "N201"),
    Row('"Convolution"', '«"CONVOLUTION"»', "N201"),
    Row('"Convolution"', "«CONVOLUTION»", "N201"),
    Row('"Convolution"', '«"Convolution "»', "N201"),
    Row('"Convolution"', '«""»', "N201"),
    Row('"Pooling"', '«"pooling"»', "N201"),
    Row('"InnerProduct"', '«"Linear"»', "N201"),
    Row('"ReLU"', "«ReLU»", "N204"),
    Row('"ReLU"', "«18»", "N201"),
    Row('type: "ReLU"', 'type «{ is: "ReLU" }»', "N204"),
    Row('"Softmax"', '«"SoftMaxx"»', "N201"),
    Row('"SoftmaxWithLoss"', '«"SOFTMAX_LOSS"»', "N201"),
    Row('layer {\n  name: "relu1"\n  type: "ReLU"', '«layer» {\n  name: "relu1"', "N207"),
    # fields of layers
    Row('name: "LeNet"', '«nmae»: "LeNet"', "N202"),
    Row('name: "LeNet"', "name: «LeNet»", "N204"),
    Row("layer {", "«leyer» {", "N202", after='"label"\n  type'),
    Row('name: "conv1"', '«nam»: "conv1"', "N202"),
    Row('name: "conv1"', "name: «conv1»", "N204"),
    Row('name: "conv1"', "name: «1»", "N204"),
    Row('bottom: "conv1"', '«botom»: "conv1"', "N202"),
    Row('top: "pool1"', '«tops»: "pool1"', "N202"),
    Row('type: "Pooling"', '«tpye»: "Pooling"', "N202"),
    Row("convolution_param", "«convolution_parm»", "N202"),
    Row("convolution_param", "«ConvolutionParam»", "N202"),
    Row("pooling_param", "«pool_param»", "N202"),
    Row("convolution_param {", "convolution_param {\n    «param» { lr_mult: 1 }", "N202"),
    Row("  convolution_param {", "  «num_output»: 20\n  convolution_param {", "N202"),
    Row("  param { lr_mult: 1", "  «blobs_lr»: 1\n  param { lr_mult: 1", "N202"),
    Row("lr_mult: 1", "«lr_mul»: 1", "N202"),
    Row("include {", "«includes» {", "N202", after='"prob"'),
    Row("phase: TEST", "«phas»: TEST", "N202", after='"prob"'),
    Row("ignore_label", "«ignore_lable»", "N202"),
    Row("inner_product_param { num_output: 10 }", "inner_product_param: «10»", "N204"),
    Row("input_param {", "«input_params» {", "N202"),
    # settings of layers
    Row("num_output: 20", "«num_ouput»: 20", "N202"),
    Row("kernel_size: 5", "«kernal_size»: 5", "N202"),
    Row("pool: MAX", "«method»: MAX", "N202"),
    Row("stride: 2", "«strides»: 2", "N202"),
    Row("dropout_ratio", "«ratio»", "N202"),
    Row("axis: 1", "«pad»: 1", "N202"),
    Row("std: 0.01", "«stddev»: 0.01", "N202"),
    Row("shape {", "«shap» {", "N202"),
    Row("dim: 28", "«dims»: 28", "N202"),
    # kinds of values
    Row("num_output: 20", 'num_output: «"20"»', "N204"),
    Row("num_output: 20", "num_output: «twenty»", "N204"),
    Row("num_output: 20", "num_output: «20.5»", "N204"),
    Row("num_output: 20", "num_output: «2e1»", "N204"),
    Row("num_output: 20", "num_output «{ value: 20 }»", "N204"),
    Row("num_output: 20", "num_output: «-20»", "N205"),
    Row("num_output: 20", "num_output: «0»", "N205"),
    Row("num_output: 20", "num_output: «20000000000»", "N205"),
    Row("kernel_size: 5", "kernel_size: «0»", "N205"),
    Row("stride: 1", "stride: «0»", "N205"),
    Row("dim: 28", "dim: «0»", "N205"),
    Row("dim: 28", "dim: «-28»", "N205"),
    Row("bias_term: true", "bias_term: «yes»", "N204"),
    Row("bias_term: true", 'bias_term: «"true"»', "N204"),
    Row("bias_term: true", "bias_term: «2»", "N204"),
    Row("value: 0.1", 'value: «"0.1"»', "N204"),
    Row("value: 0.1", "value: «little»", "N204"),
    Row("dropout_ratio: 0.5", "dropout_ratio: «50»", "N205"),
    Row("dropout_ratio: 0.5", "dropout_ratio: «1.0»", "N205"),
    Row("std: 0.01", "std: «-0.01»", "N205"),
    Row('weight_filler { type: "xavier" }', 'weight_filler: «"xavier"»', "N204"),
    Row('type: "xavier"', 'type: «"xaver"»', "N206"),
    Row('type: "xavier"', "type: «xavier»", "N204"),
    Row("pool: MAX", "pool: «MAXX»", "N206"),
    Row("pool: MAX", "pool: «max»", "N206"),
    Row("pool: MAX", 'pool: «"MAX"»', "N206"),
    Row("pool: MAX", "pool: «7»", "N206"),
    Row("phase: TRAIN", "phase: «TRIAN»", "N206"),
    Row("phase: TRAIN", 'phase: «"TRAIN"»', "N206"),
    Row("normalization: VALID", "normalization: «ALL»", "N206"),
    # settings that are missing, or exclude each other
    Row("convolution_param {\n    num_output: 20", "«convolution_param» {", "N207"),
    Row("kernel_size: 5", "«kernel_h»: 5", "N207"),
    Row("kernel_size: 5", "kernel_size: 5 «kernel_h»: 5", "N203"),
    Row("kernel_size: 2", "global_pooling: true «kernel_size»: 2", "N208", 2),
    Row("stride: 2", "stride: 2 «pad»: 2", "N208"),
    Row("stride: 1", "group: «3»", "N210"),
    Row("exclude {", "include { phase: TRAIN } «exclude» {", "N208"),
    # wiring
    Row('bottom: "data"', 'bottom: «"dta"»', "N301"),
    Row('bottom: "data"', 'bottom: «"Data"»', "N301"),
    Row('bottom: "data"', 'bottom: «""»', "N301"),
    Row('bottom: "pool1"', 'bottom: «"norm1"»', "N301"),
    Row('bottom: "label"', 'bottom: «"labels"»', "N301"),
    Row('bottom: "conv1"', 'bottom: «"pool1"»', "N301"),
    Row('"Pooling"\n  bottom: "conv1"', '«"Pooling"»', "N302"),
    Row('bottom: "ip2"\n  bottom: "label"', 'bottom: «"ip2"»', "N302"),
    Row('bottom: "conv1"', 'bottom: "conv1"\n  bottom: «"data"»', "N302"),
    Row('type: "Input"', 'type: "Input"\n  bottom: «"x"»', "N302", 2),
    Row('"Pooling"\n  bottom: "conv1"\n  top: "pool1"', '«"Pooling"»\n  bottom: "conv1"', "N303"),
    Row('top: "ip2"', 'top: "ip2"\n  top: «"more"»', "N303"),
    Row('top: "ip2"', 'top: «"pool1"»', "N304", 2),
    Row('bottom: "ip2"\n  top: "prob"', 'bottom: "pool1"\n  top: «"pool1"»', "N305"),
    Row('top: "pool1"', 'top: «"conv1"»', "N306", 2),
    Row('bottom: "conv1"', 'bottom: «"ip2"»', "N307"),
    Row('bottom: "data"', 'bottom: «"ip1"»', "N307"),
    Row("softmax_param {", "propagate_down: true propagate_down: «true» softmax_param {", "N308"),
    Row("pooling_param {", "param «{ lr_mult: 1 }»\n  pooling_param {", "N309"),
    Row("param { lr_mult: 2 decay_mult: 0 }", "param { }\n  param «{ }»", "N309"),
    Row("loss_weight: 1", "loss_weight: 1\n  loss_weight: «1»", "N310"),
    Row(
        "param { lr_mult: 1 decay_mult: 1 }\n  param { lr_mult: 2 decay_mult: 0 }",
        'param { name: "w" }\n  param «{ name: "w" }»',
        "N311",
    ),
    Row('name: "ip2"', 'name: «"ip1"»', "N313"),
    # shapes
    Row("kernel_size: 5", "kernel_size: «50»", "N402"),
    Row("kernel_size: 2", "kernel_size: «26»", "N402"),
    Row("axis: 1", "axis: «2»", "N404"),
    Row("stride: 1", "group: «2»", "N406"),
    Row("kernel_size: 5", "kernel_size: 5 kernel_size: 5 kernel_size: «5»", "N407"),
    Row("stride: 1", "pad: 1 pad: 1 pad: «1»", "N407"),
    Row("num_output: 10 ", "num_output: 1000000000 ", "N408", at='"ip2"\n  type: «"InnerProduct"»'),
    Row("dim: 4 }", "dim: 5 }", "N403", at='bottom: «"label"»'),
    Row("dim: 28 dim: 28", "dim: 28", "N401", 1, at='bottom: «"conv1"»'),
    Row("shape { dim: 4 dim: 1 dim: 28 dim: 28 }", "", "N410", at='type: «"Input"»'),
    # syntax
    Row('name: "LeNet"', 'name "LeNet"', "N101", at='name «"LeNet"»'),
    Row("kernel_size: 5", "kernel_size: 5 }", "N103", at="  }\n«}»"),
    Row("kernel_size: 5", "kernel_size: 5 «]»", "N103"),
    Row('"conv1"', '«"»conv1', "N107"),
    Row('"conv1"', "«“»conv1”", "N104"),
    Row('name: "LeNet"', 'name «=» "LeNet"', "N104"),
    Row('"LeNet"', '"LeNet" «//» the first', "N105"),
    Row("num_output: 20", "num_output: «{{ outputs }}»", "N106"),
    Row("num_output: 20", "num_output: «20k»", "N109"),
    Row("num_output: 20", "num_output: «0x»", "N109"),
    Row("num_output: 20", "num_output: «09»", "N109"),
    Row('"conv1"', '"conv«\\»q1"', "N108"),
    Row('"conv1"', '«"conv\\xff"»', "N110"),
]
RESIDUAL = [
    Row('input: "data"', '«inputs»: "data"', "N202"),
    Row('input: "data"', "input: «data»", "N204"),
    Row("input_shape {", "«input_shap» {", "N202"),
    Row("  dim: 14\n}", '  dim: «"14"»\n}', "N204"),
    Row("  dim: 14\n}", "  dim: «-14»\n}", "N205"),
    Row("group: 4", "group: «5»", "N210"),
    Row("dim: 16", "dim: 18", "N406", at="group: «4»"),
    Row("kernel_h: 3", "«kernel_hh»: 3", "N202"),
    Row("kernel_w: 3", 'kernel_w: «"3"»', "N204"),
    Row("    kernel_w: 3\n", "", "N207", at="«kernel_h»"),
    Row("kernel_w: 3", "kernel_size: 3", "N203", at="«kernel_h»"),
    Row("use_global_stats: true", "use_global_stats: «TRUE»", "N204"),
    Row("eps: 1e-5", "«epsilon»: 1e-5", "N202"),
    Row("eps: 1e-5", 'eps: «"1e-5"»', "N204"),
    Row("use_global_stats", "«use_globl_stats»", "N202"),
    Row(
        "param { lr_mult: 0 }\n  param { lr_mult: 0 }\n  param { lr_mult: 0 }",
        "param «{ lr_mult: 1 }»",
        "N209",
    ),
    Row("batch_norm_param", "«batchnorm_param»", "N202"),
    Row("axis: 1", "axis: «4»", "N404"),
    Row("axis: 1", "axis: 1 num_axes: «-2»", "N205"),
    Row("axis: 1", "axis: 1 num_axes: «4»", "N404"),
    Row("bias_term: true", "bias_term: «on»", "N204"),
    Row("operation: SUM", "operation: «ADD»", "N206"),
    Row("operation: SUM", "operation: PROD", "N208", at="coeff: 1 «coeff»"),
    Row("coeff: 1 coeff: 1", "coeff: «1»", "N407"),
    Row("coeff: 1 coeff: 1", "coef: 1", "N202", at="«coef»"),
    Row("num_output: 16", "num_output: 20", "N403", at='bottom: «"conv"»\n  top: "sum"'),
    Row("pad: 1", "pad: 0", "N403", at='bottom: «"conv"»\n  top: "sum"'),
    Row('bottom: "pool"\n  top: "flat"', 'bottom: "pool"', "N303", at='«"Flatten"»'),
    Row("negative_slope: 0.1", "negative_slope: «{ }»", "N204"),
    Row("global_pooling: true", "global_pooling: true «kernel_size»: 7", "N208"),
    Row("global_pooling: true", "global_pooling: true «stride»: 2", "N208"),
    Row("global_pooling: true", "global_pooling: false", "N207", at="«pooling_param»"),
    Row('top: "flat"', 'top: «"pool"»', "N306"),
    Row('bottom: "sum"', 'bottom: «"summ"»', "N301"),
    Row("operation: SUM", "operation: SUM ; ;", "N101", at="; «;»"),
]
INCEPTION = [
    Row("local_size: 5", "local_size: «4»", "N205"),
    Row("local_size: 5", "local_size: «0»", "N205"),
    Row("alpha: 0.0001", "«alfa»: 0.0001", "N202"),
    Row("[1, 24, 14, 14]", "[1, «0», 14, 14]", "N205"),
    Row("[1, 24, 14, 14]", "[1, «x», 14, 14]", "N204"),
    Row("[1, 24, 14, 14]", "[1, 24, 14]", "N401", at='"LRN"\n  bottom: «"data"»'),
    Row("[1, 24, 14, 14]", "[1, 24, 14, 14", "N101", at="14, 14 «}» }"),
    Row("kernel_size: 3", "kernel_size: «33»", "N402"),
    Row("dilation: 1", "dilation: «0»", "N205"),
    Row("dilation: 1", "dilation: 2", "N403", at='«"3x3"»\n  bottom: "pool"'),
    Row("pad: 1 }", "«pad»: 3 }", "N208", after="stride"),
    Row("stride: 1", "stride: 2", "N403", at='«"pool"»\n  top: "concat"'),
    Row("stride: 1", "«stride_h»: 1", "N207"),
    Row("pool: MAX", "pool: STOCHASTIC", "N208", at='«pad»: 1 }\n}\nlayer {\n  name: "concat'),
    Row('bottom: "3x3"', 'bottom: «"3x3 "»', "N301"),
    Row('bottom: "1x1"', 'bottom: «"concat"»', "N301"),
    Row('bottom: "1x1"', 'bottom: «"a"»', "N307"),
    Row("axis: 1", "axis: «7»", "N404"),
    Row("axis: 1", "«asix»: 1", "N202"),
    Row("slice_point: 8", "slice_point: «80»", "N407"),
    Row("slice_point: 8", "slice_point: 8 slice_point: «9»", "N407"),
    Row("slice_point: 8", "slice_point: 8 «slice_point»: 8", "N208"),
    Row('"b"\n  slice_param { axis: 1 slice_point: 8 }', '"b"\n  top: «"c"»', "N407"),
    Row("dim: -1 dim: 14 }", "dim: -1 dim: 15 }", "N405", at="«shape» { dim: 0"),
    Row("dim: -1 dim: 14", "dim: -1 «dim»: -1", "N208"),
    Row("dim: 0", "dim: «-2»", "N205"),
    Row("channel_shared: true", "channel_shared: «shared»", "N204"),
    Row("prelu_param", "«relu_params»", "N202"),
    Row("power: 2", "power: «two»", "N204"),
    Row("shift: 1.0", "shift: «1.0.0»", "N109"),
    Row('top: "power"', 'top: "power"\n  top: «"powers"»', "N303"),
    Row('"slice"', '"slice', "N107", at='«"»slice'),
]
CHAIN = [
    Row("  - Convolution:", "  - «Convolutoin»:", "N140"),
    Row("num_output: 6", "«num_ouput»: 6", "N202"),
    Row("num_output: 6", 'num_output: «"6"»', "N204"),
    Row("num_output: 6", "num_output: «six»", "N204"),
    Row("num_output: 6", "num_output: «6.5»", "N204"),
    Row("num_output: 6", "num_output: «-6»", "N205"),
    Row("num_output: 6", "num_output: «0»", "N205"),
    Row("kernel_size: 5", "kernel_size: «29»", "N402"),
    Row("      num_output: 6\n", "", "N207", at="- «Convolution»"),
    Row("{type: xavier}", "{type: «xaver»}", "N206"),
    Row("{type: xavier}", "«xavier»", "N204"),
    Row("{type: xavier}", "{«typ»: xavier}", "N202"),
    Row("pool: MAX", "pool: «MAXX»", "N206"),
    Row("pool: MAX", "pool: «max»", "N206"),
    Row("stride: 2", "stride: 2, «pad»: 2", "N208"),
    Row("stride: 2", "stride: 2, «stride»: 2", "N132"),
    Row("bias_term: true", "bias_term: «yes»", "N204"),
    Row("bias_term: true", "bias_term: «1.5»", "N204"),
    Row("bottom: ip2", "bottom: «ip3»", "N301"),
    Row("[ip2, label]", "[ip2, «labels»]", "N301"),
    Row("[ip2, label]", "[«loss», label]", "N301"),
    Row("[ip2, label]", "[ip2]", "N302", at="[«ip2»]"),
    Row("phase: TRAIN", "phase: «TRIAN»", "N206"),
    Row("label: [2]", "label: [3]", "N403", at="[ip2, «label»]"),
    Row("label: [2]", "label: [«-2»]", "N205"),
    Row("data: [2, 1, 28, 28]", "data: [2, 1, «wide», 28]", "N204"),
    Row("InnerProduct: {name: ip2", "«InnerProduct»: {name: ip1", "N304", 3),
    Row("name: ip2", "name: ip2, top: «ip1»", "N304", 2),
    Row("name: ip2", "name: ip2, «name»: ip3", "N132"),
    Row("inputs:", "&all inputs:", "N133", at="«&»all"),
    Row("name: chain", "name: «*chain»", "N133"),
    Row("name: chain", "name: «!!str» chain", "N133", at="«!»!str"),
    Row("MAX, kernel_size:", "MAX kernel_size«:»", "N130"),
    Row("  - TanH", " «-» TanH", "N130"),
    Row("  - TanH", "«\t»- TanH", "N131"),
    Row("{name: tanh1}", "{name: tanh1", "N130", at="- InnerProduct«:» {name: ip2"),
    Row("{name: tanh1}", '{name: «"»tanh1}', "N130"),
]
BLOCKS = [
    Row("layers:\n  - conv:", "layers:\n  - «convv»:", "N140"),
    Row("conv: {name: stem, out", "«conv»: {name: stem, outt", "N146", 2),
    Row("{name: stem, out: 8}", "{name: stem, out: 8, «pad»: 1}", "N145"),
    Row("{name: stem, out: 8}", "{name: stem}", "N146", at="- «conv»: {name: stem}"),
    Row("{name: stem, out: 8}", "{name: stem, out: many}", "N204", at="num_output: «=out»"),
    Row("=kernel // 2", "=«kernl» // 2", "N151"),
    Row("=kernel // 2", "=«kernel // 0»", "N153"),
    Row("=kernel // 2", "=«kernel //»", "N150"),
    Row("=kernel // 2", "=«kernel // '2'»", "N152"),
    Row("out: 16, stride: 2", "out: 16, stride: 0", "N205", at="stride: «=stride», pad"),
    Row("- conv: {out: =out, stride: =stride}", "- conv: {out: =out}", "N403", at="«b»:"),
    Row("AVE", "«AVG»", "N206"),
    Row("- BatchNorm:", "- «BatchNormm»:", "N140"),
    Row("with: {out: , stride: 1}", "«wiht»: {out: , stride: 1}", "N143"),
    Row("  residual:", "  «conv»:", "N132"),
    Row("      - ReLU:", "      - conv: {out: 3}", "N147", at="- «conv»: {out: 3}"),
    Row("[1, 3, 32, 32]", "[1, 3, 2, «0»]", "N205"),
    Row("fc, num_output: 10", "fc, num_output: =«out»", "N151"),
]
ROWS = {
    "lenet.prototxt": LENET,
    "residual.prototxt": RESIDUAL,
    "inception.prototxt": INCEPTION,
    "chain.yaml": CHAIN,
    "blocks.yaml": BLOCKS,
}
