"""Time our prototxt parser against protobuf's own text parser, on ResNet-152 of about 103 KB.

    python -m tools.bench_parse [PAIRS]

Both read the same text PAIRS times, in turns, so that a slow moment of the machine strikes both.
protobuf reads into typed messages, of a descriptor that is built here; we into a tree with spans.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator

from google import protobuf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.internal import api_implementation

from netspec.language.prototxt.parse import parse
from netspec.source import Source

STAGES = ((3, 64), (8, 128), (36, 256), (3, 512))  # blocks and width (He et al. 2015, table 1)
FIELDS = {
    "Convolution": {
        "num_output": "uint32",
        "kernel_size": "uint32*",
        "pad": "uint32*",
        "stride": "uint32*",
        "bias_term": "bool",
    },
    "BatchNorm": {"use_global_stats": "bool"},
    "Scale": {"bias_term": "bool"},
    "Layer": {
        "name": "string",
        "type": "string",
        "bottom": "string*",
        "top": "string*",
        "convolution_param": "Convolution",
        "batch_norm_param": "BatchNorm",
        "scale_param": "Scale",
    },
    "Net": {"name": "string", "input": "string*", "input_dim": "int32*", "layer": "Layer*"},
}


def resnet152() -> str:
    """The deploy net in the style of its authors: 666 layers of five types."""
    return 'name: "ResNet-152"\ninput: "data"\n' + "input_dim: 224\n" * 4 + "\n".join(_layers())


def _layers() -> Iterator[str]:
    yield from _convolution("1", "data", 64, kernel=7, stride=2)
    yield _layer("ReLU", "res1_relu", ["res1"], "res1")
    bottom = "res1"
    for stage, (blocks, width) in enumerate(STAGES, 2):
        for block in range(blocks):
            tag = f"{stage}{'a' if block == 0 else f'b{block}'}"
            stride = 2 if block == 0 and stage > 2 else 1
            shortcut, last = bottom, bottom
            if block == 0:
                shortcut = f"res{tag}_branch1"
                yield from _convolution(f"{tag}_branch1", bottom, 4 * width, 1, stride)
            plan = (("a", width, 1, stride), ("b", width, 3, 1), ("c", 4 * width, 1, 1))
            for letter, outputs, kernel, step in plan:
                part = f"{tag}_branch2{letter}"
                yield from _convolution(part, last, outputs, kernel, step)
                last = f"res{part}"
                if letter != "c":
                    yield _layer("ReLU", f"{last}_relu", [last], last)
            bottom = f"res{tag}"
            yield _layer("Eltwise", bottom, [shortcut, last], bottom)
            yield _layer("ReLU", f"{bottom}_relu", [bottom], bottom)


def _convolution(tag: str, bottom: str, outputs: int, kernel: int, stride: int) -> Iterator[str]:
    top = f"res{tag}"
    settings = {
        "num_output": outputs,
        "kernel_size": kernel,
        "pad": kernel // 2,
        "stride": stride,
        "bias_term": "false",
    }
    yield _layer("Convolution", top, [bottom], top, convolution_param=settings)
    yield _layer("BatchNorm", f"bn{tag}", [top], top, batch_norm_param={"use_global_stats": "true"})
    yield _layer("Scale", f"scale{tag}", [top], top, scale_param={"bias_term": "true"})


def _layer(type: str, name: str, bottoms: list[str], top: str, **params: dict[str, object]) -> str:
    lines = [f'bottom: "{bottom}"' for bottom in bottoms]
    lines += [f'top: "{top}"', f'name: "{name}"', f'type: "{type}"']
    for param, settings in params.items():
        lines += [f"{param} {{", *(f"  {key}: {value}" for key, value in settings.items()), "}"]
    return "layer {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def net_message() -> type:
    """protobuf's message class for the net, built from FIELDS; `*` is a repeated field."""
    file = descriptor_pb2.FileDescriptorProto(name="net.proto", package="net", syntax="proto2")
    for message, fields in FIELDS.items():
        added = file.message_type.add(name=message)
        for number, (name, kind) in enumerate(fields.items(), 1):
            field = added.field.add(name=name, number=number)
            field.label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
            kind = kind.rstrip("*")
            if kind in FIELDS:
                field.type, field.type_name = field.TYPE_MESSAGE, f".net.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("net.Net"))


def milliseconds(run: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    """Print sizes, medians and their ratio."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    text = resnet152()
    source, message = Source("resnet152.prototxt", text), net_message()

    def ours() -> object:
        return parse(source)

    def theirs() -> object:
        return text_format.Parse(text, message())

    first = milliseconds(ours)
    theirs()
    times = [(milliseconds(ours), milliseconds(theirs)) for _ in range(pairs)]
    mine, other = (statistics.median(column) for column in zip(*times))
    ratio = statistics.median(one / two for one, two in times)
    print(f"ResNet-152: {len(text):,} bytes, {text.count('layer {')} layers")
    kind = f"text_format in Python, messages in {api_implementation.Type()}"
    print(f"protobuf {protobuf.__version__} ({kind}): {other:.1f} ms")
    print(f"netspec: {mine:.1f} ms, {ratio:.2f} times as long (median of {pairs} pairs)")
    print(f"the first parse of a process takes {first - mine:.1f} ms more: it compiles the grammar")


if __name__ == "__main__":
    main()
