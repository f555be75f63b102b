"""N13: the YAML of a spec cannot be read."""

from __future__ import annotations

from netspec.codes.code import Code

NET = """\
name: net
inputs: {data: [1, 3, 8, 8]}
layers:
  - Convolution: {num_output: 4, kernel_size: 3}
  - ReLU
"""

CODES: tuple[Code, ...] = (
    Code(
        "N130",
        "YAML that cannot be read",
        "The text is not YAML: a bracket or a quote is not closed, lines of one list begin in "
        "different columns, or a value holds characters that need quotes.",
        wrong="name: LeNet: with BatchNorm\nlayers: [ReLU]\n",
        right=NET.replace("net\n", '"LeNet: with BatchNorm"\n', 1),
        language="yaml",
    ),
    Code(
        "N131",
        "tab in the indentation",
        "YAML indents by spaces alone, because nobody can see how wide a tab is.",
        wrong="layers:\n\t- ReLU\n",
        right=NET,
        language="yaml",
    ),
    Code(
        "N132",
        "setting given twice",
        "Every name stands once in a mapping: YAML does not say which of two would count. Where "
        "several values are meant, they form a list.",
        wrong=NET.replace("num_output: 4", "num_output: 4, num_output: 8"),
        right=NET,
        language="yaml",
    ),
    Code(
        "N133",
        "anchors, aliases, tags and merge keys",
        "A spec has blocks with parameters for what repeats, and the type of a value follows from "
        "how it is written. Aliases of aliases would also let a short file stand for an endless "
        "one.",
        wrong=NET.replace("{num_output: 4", "&conv {num_output: 4") + "  - Convolution: *conv\n",
        right="inputs: {data: [1, 3, 8, 8]}\n"
        "blocks:\n  conv: {layers: [Convolution: {num_output: 4, kernel_size: 3}]}\n"
        "layers: [conv, conv]\n",
        language="yaml",
    ),
    Code(
        "N134",
        "second document",
        "A file holds one net. YAML would allow several documents with --- between them.",
        wrong=NET + "---\n" + NET,
        right=NET,
        language="yaml",
    ),
    Code(
        "N135",
        "YAML nested too deep",
        "Lists and mappings may stand a hundred deep in one another. No net comes near it; a file "
        "that does is damaged, or made to do harm.",
        wrong="layers: " + "[" * 101 + "]" * 101 + "\n",
        right=NET,
        language="yaml",
    ),
    Code(
        "N136",
        "too many values",
        "A spec may hold half a million values, a hundred times what the largest net needs.",
        wrong="import netspec\n\n"
        'netspec.loads("layers: [" + "ReLU, " * 500_000 + "ReLU]", name="large.yaml")\n',
        right='import netspec\n\nnetspec.loads("inputs: {data: [1, 3, 8, 8]}\\nlayers: [ReLU]", '
        'name="small.yaml")\n',
        language="python",
    ),
    Code(
        "N137",
        "names and values expected",
        "A spec is a mapping from names to values, and so is every message in it. Names are made "
        "of letters, digits and _.",
        wrong="- Convolution: {num_output: 4, kernel_size: 3}\n- ReLU\n",
        right=NET,
        language="yaml",
    ),
    Code(
        "N138",
        "value missing, or a list in a list",
        "A setting has one value, or a list of values that says the setting several times. "
        "Nothing is no value; `{}` is a message without settings.",
        wrong=NET.replace("num_output: 4", "num_output: "),
        right=NET,
        language="yaml",
    ),
)
