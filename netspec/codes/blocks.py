"""N14 to N16: layers, blocks and expressions of a YAML spec do not say a net."""

from __future__ import annotations

from netspec.codes.code import Code


def net(layers: str, head: str = "") -> str:
    """A spec over one small image."""
    return f"inputs: {{data: [1, 3, 8, 8]}}\n{head}layers:\n{layers}"


CONV = "blocks:\n  conv:\n    with: {out: , kernel: 1}\n    layers:\n"
CONV += "      - Convolution: {num_output: =out, kernel_size: =kernel}\n      - ReLU\n"

ENTRIES = (
    Code(
        "N140",
        "neither layer type nor block",
        "An entry of `layers:` names a layer type of Caffe, or a block of the file or of a file "
        "that it uses. Capitals count.",
        wrong=net("  - Convolutoin: {num_output: 4, kernel_size: 3}\n"),
        right=net("  - Convolution: {num_output: 4, kernel_size: 3}\n"),
        language="yaml",
    ),
    Code(
        "N141",
        "entry that is not a layer",
        "An entry is `- Type`, `- Type: {settings}`, or `for` with the `layers` to repeat. "
        "Settings on lines of their own stand further right than the type.",
        wrong=net("  - Convolution:\n    num_output: 4\n    kernel_size: 3\n"),
        right=net("  - Convolution:\n      num_output: 4\n      kernel_size: 3\n"),
        language="yaml",
    ),
    Code(
        "N142",
        "section in another form",
        "`layers` is a list, `inputs` gives every input blob the list of its dimensions, and "
        "`blocks` gives names to lists of layers.",
        wrong="inputs: {data: 3}\nlayers: [ReLU]\n",
        right="inputs: {data: [1, 3, 8, 8]}\nlayers: [ReLU]\n",
        language="yaml",
    ),
    Code(
        "N143",
        "block that cannot be defined",
        "A block is `name: {with: {parameters}, layers: [...]}`. Its name is not that of a layer "
        "type, and its parameters are not called as what every entry can say (name, bottom, top, "
        "when, of, include, exclude) or as a word of expressions.",
        wrong=net("  - conv: {name: 4}\n", CONV.replace("out", "name")),
        right=net("  - conv: {out: 4}\n", CONV),
        language="yaml",
    ),
    Code(
        "N144",
        "block defined twice",
        "A block of a file has the name of a block of a file that it uses, or two of these have "
        "one name. Which is meant cannot be told.",
        wrong="import pathlib, tempfile\n\nimport netspec\n\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        '(folder / "blocks.yaml").write_text("blocks: {act: {layers: [ReLU]}}")\n'
        'own = "use: [blocks.yaml]\\nblocks: {act: {layers: [TanH]}}\\nlayers: [act]"\n'
        'netspec.loads(own, name=str(folder / "net.yaml"))\n',
        right="import pathlib, tempfile\n\nimport netspec\n\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        '(folder / "blocks.yaml").write_text("blocks: {act: {layers: [ReLU]}}")\n'
        'own = "use: [blocks.yaml]\\ninputs: {data: [1, 8]}\\nlayers: [act]"\n'
        'netspec.loads(own, name=str(folder / "net.yaml"))\n',
        language="python",
    ),
    Code(
        "N145",
        "parameter that the block does not have",
        "A block takes the parameters of its `with:`, and what every entry can say: name, bottom, "
        "when, of, include, exclude.",
        wrong=net("  - conv: {out: 4, kernal: 3}\n", CONV),
        right=net("  - conv: {out: 4, kernel: 3}\n", CONV),
        language="yaml",
    ),
    Code(
        "N146",
        "parameter without a value",
        "A parameter that has no default in `with:` is given at every use.",
        wrong=net("  - conv: {kernel: 3}\n", CONV),
        right=net("  - conv: {kernel: 3, out: 4}\n", CONV),
        language="yaml",
    ),
    Code(
        "N147",
        "block that uses itself",
        "A block stands for its layers, so one that uses itself would have no end. `for` repeats.",
        wrong=net("  - deep\n", "blocks: {deep: {layers: [ReLU, deep]}}\n"),
        right=net("  - for: {i: 3}\n    layers: [ReLU]\n"),
        language="yaml",
    ),
    Code(
        "N148",
        "file that cannot be used",
        "`use:` names YAML files, each by its way from the file in which it stands, so that a "
        "folder of specs can be moved. Absolute paths are refused.",
        wrong=net("  - ReLU\n", "use: [/home/me/blocks.yaml]\n"),
        right=net("  - conv: {out: 4}\n", CONV),
        language="yaml",
    ),
    Code(
        "N149",
        "files that use each other",
        "A file that uses another gets its blocks; two that use each other wait for one another.",
        wrong='import netspec\n\nnetspec.loads("use: [net.yaml]\\nlayers: [ReLU]", '
        'name="net.yaml")\n',
        right='import netspec\n\nnetspec.loads("inputs: {data: [1, 8]}\\nlayers: [ReLU]", '
        'name="net.yaml")\n',
        language="python",
    ),
)

EXPRESSIONS = (
    Code(
        "N150",
        "expression that cannot be read",
        "An expression has numbers, texts in quotes, names, lists, + - * / // % **, comparisons, "
        "`and`, `or`, `not`, `a if b else c`, items such as a[0], and the functions min, max, "
        "ceil, floor, round, len, str and int. A text that begins with = is written with ==, and a "
        "brace inside a text twice.",
        wrong=net("  - InnerProduct: {num_output: =4 times 2}\n"),
        right=net("  - InnerProduct: {num_output: =4 * 2}\n"),
        language="yaml",
    ),
    Code(
        "N151",
        "name that is not known",
        "An expression can use the parameters of its block, the names of the `for` around it, the "
        "file's own `with:`, and in a block `name` and `bottom`.",
        wrong=net("  - conv: {out: =widht}\n", "with: {width: 4}\n" + CONV),
        right=net("  - conv: {out: =width}\n", "with: {width: 4}\n" + CONV),
        language="yaml",
    ),
    Code(
        "N152",
        "values that do not go together",
        "Numbers are computed and compared with numbers, texts with texts. Nothing is converted "
        "unasked; str(...) makes a text of a number.",
        wrong=net('  - for: {i: 2}\n    layers: [ReLU: {name: ="relu" + i}]\n'),
        right=net('  - for: {i: 2}\n    layers: [ReLU: {name: "relu{i}"}]\n'),
        language="yaml",
    ),
    Code(
        "N153",
        "value out of bounds",
        "Whole numbers have 64 bits, texts ten thousand characters, lists five hundred items, "
        "expressions a thousand characters and fifty operations in depth; nothing is divided by "
        "zero; an item of a list has to be there.",
        wrong=net("  - InnerProduct: {num_output: =4 // 0}\n"),
        right=net("  - InnerProduct: {num_output: =4 // 2}\n"),
        language="yaml",
    ),
    Code(
        "N154",
        "condition or count of another kind",
        "`when` takes true or false. `for` gives names what they run over: a list, or a whole "
        "number n for 1 to n.",
        wrong=net("  - for: {i: three}\n    layers: [ReLU]\n"),
        right=net("  - for: {i: 3}\n    layers: [ReLU]\n"),
        language="yaml",
    ),
    Code(
        "N155",
        "lists of different lengths",
        "Several names of one `for` run side by side, so their lists have one length.",
        wrong=net(
            "  - for: {out: [4, 8], kernel: [3]}\n"
            "    layers: [conv: {out: =out, kernel: =kernel}]\n",
            CONV,
        ),
        right=net(
            "  - for: {out: [4, 8], kernel: [3, 1]}\n"
            "    layers: [conv: {out: =out, kernel: =kernel}]\n",
            CONV,
        ),
        language="yaml",
    ),
    Code(
        "N156",
        "spec that expands too far",
        "A spec may expand to twenty thousand layers, blocks and branches may be fifty deep, and "
        "the work of expanding is bounded, however small the file is.",
        wrong=net(
            "  - for: {i: 1000}\n    layers:\n      - for: {j: 1000}\n        layers: [ReLU]\n"
        ),
        right=net("  - for: {i: 10}\n    layers:\n      - for: {j: 10}\n        layers: [ReLU]\n"),
        language="yaml",
    ),
)

WIRING = (
    Code(
        "N157",
        "name that is no name",
        "name, bottom and top take text, bottom and top also lists of texts. `.` is the name of "
        "the block around, so it needs one.",
        wrong=net("  - ReLU: {name: .}\n"),
        right=net("  - ReLU: {name: relu}\n"),
        language="yaml",
    ),
    Code(
        "N158",
        "rules inside rules",
        "include and exclude on a block or a branching layer hold for all layers inside. Caffe "
        "cannot say that two of them hold at once, so only one place gives them.",
        wrong=net(
            "  - drop: {include: {phase: TRAIN}}\n",
            "blocks: {drop: {layers: [Dropout: {exclude: {stage: fast}}]}}\n",
        ),
        right=net(
            "  - drop: {include: {phase: TRAIN, not_stage: fast}}\n  - ReLU\n",
            "blocks: {drop: {layers: [Dropout]}}\n",
        ),
        language="yaml",
    ),
    Code(
        "N159",
        "layer that is sometimes missing",
        "A layer with include or exclude rules is not there in every state, and what follows it "
        "needs a bottom in every state. A layer that can work in place does so; any other says by "
        "`top` what goes on from it, or by `bottom` that it stands aside.",
        wrong=net("  - Pooling: {kernel_size: 2, include: {phase: TRAIN}}\n  - ReLU\n"),
        right=net(
            "  - Pooling: {kernel_size: 2, top: small, include: {phase: TRAIN}}\n"
            "  - Pooling: {bottom: data, kernel_size: 4, top: small, include: {phase: TEST}}\n"
            "  - ReLU\n"
        ),
        language="yaml",
    ),
    Code(
        "N160",
        "branches in another form",
        "`of` gives branches, each a list of layers that begins where the entry stands; the list "
        "`[]` is the blob itself.",
        wrong=net("  - Eltwise: {of: {main: ReLU, shortcut: []}}\n"),
        right=net("  - Eltwise: {of: {main: [ReLU], shortcut: []}}\n"),
        language="yaml",
    ),
    Code(
        "N161",
        "net that no spec can say",
        "YAML specs hold nets in today's form: `layer` messages with a type. Older forms are "
        "upgraded first.",
        wrong="from netspec.language.prototxt.parse import parse\n"
        "from netspec.language.yaml.to_yaml import to_yaml\n"
        "from netspec.source import Source\n\n"
        'net = parse(Source("old.prototxt", "layers { type: RELU }"))\n'
        "to_yaml(net, facts={}, common=())\n",
        right="from netspec.language.prototxt.parse import parse\n"
        "from netspec.language.yaml.to_yaml import to_yaml\n"
        "from netspec.source import Source\n\n"
        'net = parse(Source("new.prototxt", \'layer { type: "ReLU" }\'))\n'
        "to_yaml(net, facts={}, common=())\n",
        language="python",
    ),
)

CODES: tuple[Code, ...] = ENTRIES + EXPRESSIONS + WIRING
