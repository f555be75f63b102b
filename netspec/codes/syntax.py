"""N1: the text cannot be read."""

from __future__ import annotations

from netspec.codes import blocks, yaml
from netspec.codes.code import Code

PROTOTXT: tuple[Code, ...] = (
    Code(
        "N101",
        "unexpected token",
        "A prototxt is a list of fields: `name: value`, or `name { ... }` for a message. "
        "Something stands where none of them continues: a value is missing, a colon is missing, "
        "or text lacks its quotes.",
        wrong='input: "data"\ninput_shape {\n  dim: 1\n  dim:\n}\n',
        right='input: "data"\ninput_shape {\n  dim: 1\n  dim: 3\n}\n',
    ),
    Code(
        "N102",
        "unclosed brace",
        "The file ends inside a message or a list. The note shows the brace that was opened and "
        "not closed; it is the first whose closing brace is indented like another's, if there is "
        "one.",
        wrong='input: "data"\ninput_shape {\n  dim: 1\n  dim: 3\n',
        right='input: "data"\ninput_shape {\n  dim: 1\n  dim: 3\n}\n',
    ),
    Code(
        "N103",
        "surplus or wrong closing brace",
        "Every closing brace closes the innermost open one, `{` with `}`, `<` with `>`, `[` with "
        "`]`. This one has nothing to close, or something else is open.",
        wrong='input: "data"\ninput_shape { dim: 1 dim: 3 } }\n',
        right='input: "data"\ninput_shape { dim: 1 dim: 3 }\n',
    ),
    Code(
        "N104",
        "unknown character",
        "Outside quotes and comments a prototxt has names, numbers, and the signs `: { } < > [ ] "
        ", ; -`. Characters pasted from a web page or a word processor (blanks that do not break,"
        " curly quotes) look like them but are not.",
        wrong='name = "net"\n',
        right='name: "net"\ninput: "data"\ninput_shape { dim: 1 }\n',
    ),
    Code(
        "N105",
        "comment of another language",
        "Comments begin with `#` and end with the line. `//` and `/* */` belong to other "
        "languages.",
        wrong='name: "net"  // of the paper\n',
        right='name: "net"  # of the paper\ninput: "data"\ninput_shape { dim: 1 }\n',
    ),
    Code(
        "N106",
        "template",
        "The file holds places for a template engine (Jinja, a shell, CMake) to fill in. It is "
        "the source of a spec, not yet a spec.",
        wrong='input: "data"\ninput_shape { dim: {{ batch_size }} }\n',
        right='input: "data"\ninput_shape { dim: 32 }\n',
    ),
    Code(
        "N107",
        "text without its closing quote",
        "A text ends on the line on which it begins. `\\n` stands for the end of a line inside "
        "it, and texts that stand side by side are read as one.",
        wrong='name: "net\n',
        right='name: "net"\ninput: "data"\ninput_shape { dim: 1 }\n',
    ),
    Code(
        "N108",
        "unknown escape",
        "In quotes a backslash begins one of `\\n \\t \\r \\a \\b \\f \\v \\\\ \\' \\\" \\?`, a "
        "byte in octal (`\\303`) or hex (`\\xC3`), or a character by its number (`\\u00E9`, "
        "`\\U0001F600`). In a Windows path every backslash is doubled.",
        wrong='name: "nets\\mnist"\n',
        right='name: "nets\\\\mnist"\ninput: "data"\ninput_shape { dim: 1 }\n',
    ),
    Code(
        "N109",
        "not a number",
        "Numbers are written as in C: 12, -3, 0.5, .5, 1e-3, 1e-3f, 0x1F; digits after a leading "
        "zero are octal. A letter cannot follow at once, a plus sign not precede.",
        wrong='input: "data"\ninput_shape { dim: 10k }\n',
        right='input: "data"\ninput_shape { dim: 10000 }\n',
    ),
    Code(
        "N110",
        "escapes that are not UTF-8",
        "A text is UTF-8. The bytes that its octal and hex escapes stand for do not form "
        "characters. Caffe takes any bytes; a name of them could be neither shown nor typed.",
        wrong='name: "caf\\xe9"\n',
        right='name: "caf\\xc3\\xa9"\ninput: "data"\ninput_shape { dim: 1 }\n',
    ),
    Code(
        "N111",
        "messages nested too deep",
        "Messages may stand a hundred deep in one another, as in protobuf. No net comes near it; "
        "a file that does is damaged, or made to do harm.",
        wrong="layer { " * 101 + "} " * 101,
        right='input: "data"\ninput_shape { dim: 1 }\n',
    ),
    Code(
        "N112",
        "too large",
        "A spec is read up to 8 MiB, which is four times the largest that we have seen. What is "
        "larger is seldom a spec.",
        wrong='import netspec\n\nnetspec.loads("# a comment\\n" * 800_000)\n',
        right='import netspec\n\nnetspec.load("net.prototxt")  # a net of any size\n',
        language="python",
    ),
    Code(
        "N113",
        "binary data",
        "The file is not text. A spec is prototxt or YAML; trained weights (.caffemodel, HDF5, "
        "safetensors) belong to the option --weights.",
        wrong='import netspec\n\nnetspec.loads("\\x0a\\x05LeNet\\x00")\n',
        right='import netspec\n\nnetspec.load("net.prototxt")\n',
        language="python",
    ),
    Code(
        "N114",
        "file that cannot be read",
        "There is no such file, or it is a directory, or reading it is not allowed. The help "
        "names a file in the same directory whose name is near.",
        wrong='import netspec\n\nnetspec.load("no such file.prototxt")\n',
        right='import netspec\n\nnetspec.load("net.prototxt")\n',
        language="python",
    ),
    Code(
        "N115",
        "not UTF-8",
        "Names and texts in specs are UTF-8. The file was saved in another encoding; in comments "
        "that does no harm.",
        wrong="import netspec\n\nnetspec.loads('name: \"caf\\udce9\"')\n",
        right="import netspec\n\n"
        'netspec.loads(\'name: "caf\\u00e9" input: "data" input_dim: [1, 3, 8, 8]\')\n',
        language="python",
    ),
    Code(
        "N116",
        "web page",
        "The file is HTML: most likely the page that shows a prototxt was saved, not the prototxt.",
        wrong="<!DOCTYPE html>\n<html>\n</html>\n",
        right='name: "net"\ninput: "data"\ninput_shape { dim: 1 }\n',
    ),
)

CODES: tuple[Code, ...] = PROTOTXT + yaml.CODES + blocks.CODES
