"""C24: a log of training cannot be read or drawn."""

from __future__ import annotations

from netspec.codes.code import Code

LOG = '''\
from pathlib import Path

from netspec.logs import read_logs
from netspec.logs.choose import choose
from netspec.logs.picture import draw

log = Path("train.log")
log.write_text("""
Solving LeNet
Iteration 0, loss = 2.3
Iteration 0, lr = 0.01
Iteration 100, loss = 0.3
Iteration 100, lr = 0.01
""")
'''
ENTRIES = """\
from pathlib import Path

from netspec.logs import read_logs

log = Path("log.jsonl")
start = '{"event": "start", "iteration": 0, "net": "LeNet"}\\n'
said = '{"event": "test", "iteration": 0, "outputs": {"accuracy": [1]}, "loss_weights": {}}\\n'
"""

CODES: tuple[Code, ...] = (
    Code(
        "C240",
        "a log of training cannot be read",
        "A log is what `netspec train` writes as PREFIX_log.jsonl, or what Caffe puts out. This "
        "one cannot be opened, is something else, or has no number in it: a solver with neither "
        "display nor test_interval tells none.",
        wrong=LOG + 'read_logs([Path("trian.log")])\n',
        right=LOG + "read_logs([log])\n",
        language="python",
    ),
    Code(
        "C241",
        "a line of a log is damaged",
        "Each line of our logs is one event as JSON. A line that is cut off is in order where a "
        "run was killed, at the end or before the next start; anywhere else numbers are lost, and "
        "a curve would not show it.",
        wrong=ENTRIES + "log.write_text(start + said[:30] + chr(10) + said)\nread_logs([log])\n",
        right=ENTRIES + "log.write_text(start + said + said[:30])\nread_logs([log])\n",
        language="python",
    ),
    Code(
        "C242",
        "a log lacks what is to be drawn",
        "The names are those of the log: loss and lr of the solver, and the outputs of the nets. "
        "A part of an output's name will do.",
        wrong=LOG + 'choose(read_logs([log]), ["accuracy"], "iterations")\n',
        right=LOG + 'choose(read_logs([log]), ["loss"], "iterations")\n',
        language="python",
    ),
    Code(
        "C243",
        "a log does not tell times or epochs",
        "Seconds need the times at the beginnings of lines, which are there unless something took "
        "them away. An epoch is one pass over all data; Caffe's logs do not say how many images "
        "there are.",
        wrong=LOG + 'choose(read_logs([log]), [], "epochs")\n',
        right=LOG + 'choose(read_logs([log]), [], "epochs", per_epoch=50)\n',
        language="python",
    ),
    Code(
        "C244",
        "curves are drawn as a picture",
        "The ending of the file says what is written: .png for screens, .svg and .pdf for papers.",
        wrong=LOG
        + 'draw(runs := read_logs([log]), choose(runs, [], "iterations"), Path("c.gif"))\n',
        right=LOG
        + 'draw(runs := read_logs([log]), choose(runs, [], "iterations"), Path("c.svg"))\n',
        language="python",
    ),
)
