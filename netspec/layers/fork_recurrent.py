"""What MyCaffe adds to recurrent_param: an LSTM of several layers that cuDNN runs."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.layers.engine import Engine
from netspec.schema.forks import MYCAFFE
from netspec.schema.kinds import Bool, Float, Int, One, Positive
from netspec.schema.settings import Reject, Settings, param

CUDNN = "it counts where the engine is CUDNN, and that is not run"


class ForkRecurrent(Settings):
    """With the engine CUDNN all parameters lie in one blob; else the rest changes nothing."""

    engine: Engine = param(One(Engine), "who computes", default=Engine.DEFAULT, fork=MYCAFFE)
    num_layers: int = param(
        Positive, "layers on one another", default=1, unused=CUDNN, fork=MYCAFFE
    )
    bidirectional: bool = param(
        Bool(), "once from each end", default=False, unused=CUDNN, fork=MYCAFFE
    )
    dropout_ratio: float = param(
        Float(), "between the layers", default=0.0, unused=CUDNN, fork=MYCAFFE
    )
    dropout_seed: int = param(Int(), "where chance begins", default=0, unused=CUDNN, fork=MYCAFFE)
    cudnn_enable_tensor_cores: bool = param(
        Bool(), "faster", default=False, unused=CUDNN, fork=MYCAFFE
    )

    @property
    def packed(self) -> bool:
        """Whether cuDNN has the parameters."""
        return self.engine is Engine.CUDNN

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    def packed_size(self, gates: int, inputs: int, outputs: int) -> int:
        """How many parameters there are: cuDNN has two biases."""
        count = 0
        for _ in range(self.num_layers):
            count += self.directions * gates * outputs * (inputs + outputs + 2)
            inputs = self.directions * outputs
        return count

    def uncomputed(self) -> Iterator[Reject]:
        yield from super().uncomputed()
        if self.packed:
            message = "the engine CUDNN, with its parameters in one blob, is read but not run"
            yield Reject("N211", "engine", message, "write engine: CAFFE, and a layer for each")
