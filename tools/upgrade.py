"""Print a net or a solver of an older form in today's.

This is `netspec expand`, under the name that Caffe's own tools had.

    netspec upgrade old/train_val.prototxt -o train_val.prototxt
"""

from tools.expand import arguments, run

__all__ = ["arguments", "run"]
