"""pycaffe's face on the compiler, for scripts that were written for Caffe.

    from compiler import pycaffe as caffe

`python -m compiler.pycaffe SCRIPT` runs one that says `import caffe`, as it is.
"""

from __future__ import annotations

from compiler.pycaffe import coord_map, draw, io, proto
from compiler.pycaffe.classifier import Classifier, Detector
from compiler.pycaffe.logging import init_log, log
from compiler.pycaffe.mode import (
    allow_python,
    set_device,
    set_mode_cpu,
    set_mode_gpu,
    set_random_seed,
)
from compiler.pycaffe.net import Net
from compiler.pycaffe.net_spec import NetSpec, layers, params, to_proto
from compiler.pycaffe.scripts import install
from compiler.pycaffe.single import (
    NCCL,
    has_nccl,
    layer_type_list,
    set_multiprocess,
    set_solver_count,
    set_solver_rank,
    solver_count,
    solver_rank,
)
from compiler.pycaffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    get_solver,
)
from compiler.pycaffe.timer import Timer
from netspec.pycaffe.caffe import TEST, TRAIN, Layer

__version__ = "1.0.0"  # of the Caffe whose face this is
