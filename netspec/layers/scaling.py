"""Scale and Bias: a parameter that repeats over some axes, as it follows a BatchNorm."""

from __future__ import annotations

from netspec.schema.forks import NORMFACE
from netspec.schema.kinds import Bool, Float, Int
from netspec.schema.layer import Family, Layer, Shape, Weight, canonical_axis
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, param
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps, Run, Work

ZERO, ONE = FillerParameter(), FillerParameter(value=1.0)


class _PerAxes(Layer):
    """What Scale and Bias share: a parameter that covers some axes of the first bottom.

    It repeats over the others.
    """

    family = Family.NORMALIZATION
    elementwise = in_place = True

    axis: int = param(Int(), "the first axis of the bottom that the parameter covers", default=1)
    num_axes: int = param(
        Int(-1), "how many axes it covers: -1 is all from axis on, 0 is a single number", default=1
    )

    def covered(self, blob: Shape, factor: Shape | None) -> tuple[int, Shape]:
        """The first axis covered and the parameter's shape.

        Raises Reject where a second bottom does not fit.
        """
        if factor is not None:
            first = 0 if not factor else canonical_axis(self.axis, len(blob))
            if blob[first : first + len(factor)] != factor:
                message = f"from axis {first} on the first bottom is {spelled(blob[first:])}"
                message += f", the second is {spelled(factor)}"
                raise Reject("N403", "bottom", message, "the shapes have to agree from axis on")
            return first, factor
        first = canonical_axis(self.axis, len(blob))
        if self.num_axes == 0:
            return 0, ()
        last = len(blob) if self.num_axes == -1 else first + self.num_axes
        if last > len(blob):
            message = f"num_axes is {self.num_axes}, but from axis {first} on the bottom has "
            message += f"{len(blob) - first}"
            raise Reject("N404", "num_axes", message, f"at most {len(blob) - first}")
        return first, blob[first:last]


class Scale(_PerAxes):
    """Multiply by a learned parameter, or by the second bottom; with bias_term, add another."""

    message = "scale_param"
    caffe = "layers/scale_layer.cpp"

    filler: FillerParameter | None = param(
        FillerParameter, "fills the factor; 1 when not written", default=None
    )
    bias_term: bool = param(Bool(), "whether a bias is added", default=False)
    bias_filler: FillerParameter = param(FillerParameter, "fills the bias", default=ZERO)
    min_value: float | None = param(
        Float(), "the least factor", default=None, uncomputed="factors with bounds", fork=NORMFACE
    )
    max_value: float | None = param(
        Float(), "the largest factor", default=None, uncomputed="factors with bounds", fork=NORMFACE
    )

    def infer(self, blob: Shape, factor: Shape | None = None) -> Shape:
        self.covered(blob, factor)
        if self.bias_term:
            canonical_axis(self.axis, len(blob))  # where the bias begins
        return blob

    def weights(self, blob: Shape, factor: Shape | None = None) -> tuple[Weight, ...]:
        _, shape = self.covered(blob, factor)
        scale = () if factor is not None else (Weight("weight", shape, self.filler or ONE),)
        bias = (Weight("bias", shape, self.bias_filler),) if self.bias_term else ()
        return scale + bias

    def work(self, run: Run) -> Work:
        back = 2 * run.made if self.bias_term else 0
        return Work((1 + self.bias_term) * run.made, Keeps.BOTTOMS, back=back)


class Bias(_PerAxes):
    """Add a learned parameter, or the second bottom."""

    message = "bias_param"
    caffe = "layers/bias_layer.cpp"

    filler: FillerParameter = param(FillerParameter, "fills the bias", default=ZERO)

    def infer(self, blob: Shape, bias: Shape | None = None) -> Shape:
        self.covered(blob, bias)
        return blob

    def weights(self, blob: Shape, bias: Shape | None = None) -> tuple[Weight, ...]:
        _, shape = self.covered(blob, bias)
        return () if bias is not None else (Weight("bias", shape, self.filler),)

    def work(self, run: Run) -> Work:
        return Work(run.made, passes=True)
