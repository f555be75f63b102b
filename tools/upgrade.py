"""Print a net or a solver of one of Caffe's older forms in today's: `expand` under Caffe's name.

    netspec upgrade old/train_val.prototxt -o train_val.prototxt
"""

from tools.expand import arguments, run

__all__ = ["arguments", "run"]
