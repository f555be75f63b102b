"""Learned matrices: InnerProduct, the rows of Embed; and Parameter, which is a blob by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netspec.schema.forks import INTEL, MYCAFFE, NORMFACE, OPENVINO
from netspec.schema.kinds import Bool, Float, Int, Positive
from netspec.schema.layer import CONSTANT, Family, Layer, Shape, Weight, canonical_axis
from netspec.schema.net import BlobShape, FillerParameter
from netspec.schema.settings import param
from netspec.schema.sight import Sees
from netspec.schema.work import PLACE, Keeps, Run, Work


class InnerProduct(Layer):
    """A fully connected layer: all from `axis` on is flattened and multiplied by a matrix."""

    message, family = "inner_product_param", Family.DENSE
    caffe = "layers/inner_product_layer.cpp"
    sees = Sees.ALL

    num_output: int = param(Positive, "how many outputs")
    bias_term: bool = param(Bool(), "whether each output adds a bias", default=True)
    weight_filler: FillerParameter = param(
        FillerParameter, "fills the weight", default=FillerParameter()
    )
    bias_filler: FillerParameter = param(
        FillerParameter, "fills the bias", default=FillerParameter()
    )
    axis: int = param(
        Int(), "the first axis that is flattened; those before it are kept", default=1
    )
    transpose: bool = param(Bool(), "keep the weight as (inputs, outputs)", default=False)
    normalize: bool = param(
        Bool(),
        "keep the rows of the weight at length 1",
        default=False,
        uncomputed="a weight of rows of length 1",
        fork=f"{NORMFACE}; {OPENVINO}",
    )
    relu: bool = param(
        Bool(), "a ReLU follows", default=False, uncomputed="write a ReLU layer", fork=INTEL
    )

    min_top_axes: int = param(
        Int(-1), "axes of 1 are added up to so many", default=-1, fork=MYCAFFE
    )
    enable_noise: bool = param(
        Bool(), "in TRAIN, weights move at random; TEST has none of it", default=False, fork=MYCAFFE
    )
    sigma_init: float = param(
        Float(), "how far, to begin with, over the root of the inputs", default=0.017, fork=MYCAFFE
    )

    def infer(self, features: Shape) -> Shape:
        top = (*features[: canonical_axis(self.axis, len(features))], self.num_output)
        return top + (1,) * (self.min_top_axes - len(top))

    def weights(self, features: Shape) -> tuple[Weight, ...]:
        inputs = math.prod(features[canonical_axis(self.axis, len(features)) :])
        shape = (inputs, self.num_output) if self.transpose else (self.num_output, inputs)
        weight = Weight("weight", shape, self.weight_filler)
        bias = Weight("bias", (self.num_output,), self.bias_filler)
        made = (weight, bias) if self.bias_term else (weight,)
        return (*made, *(self._spread(each) for each in made)) if self.enable_noise else made

    def _spread(self, weight: Weight) -> Weight:
        """How far each element of a parameter moves (Fortunato et al. 2017)."""
        first = self.sigma_init / math.sqrt(weight.shape[-1])
        return Weight(f"sigma_{weight.role}", weight.shape, FillerParameter(value=first))

    def work(self, run: Run) -> Work:
        return Work(run.made if self.bias_term else 0, Keeps.BOTTOMS)

    def macs(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(bottoms[0]) * self.num_output

    def caption(self, *bottoms: Shape) -> str:
        return f"fc, {self.num_output}"


class Embed(Layer):
    """A learned row for each whole number: indices become vectors of num_output."""

    message, family = "embed_param", Family.DENSE
    caffe = "layers/embed_layer.cpp"

    num_output: int = param(Positive, "the length of a row")
    input_dim: int = param(Positive, "how many rows: indices are less than this")
    bias_term: bool = param(Bool(), "whether a bias is added to every row", default=True)
    weight_filler: FillerParameter = param(
        FillerParameter, "fills the rows", default=FillerParameter()
    )
    bias_filler: FillerParameter = param(
        FillerParameter, "fills the bias", default=FillerParameter()
    )

    def infer(self, indices: Shape) -> Shape:
        return (*indices, self.num_output)

    def weights(self, indices: Shape) -> tuple[Weight, ...]:
        rows = Weight("weight", (self.input_dim, self.num_output), self.weight_filler)
        bias = Weight("bias", (self.num_output,), self.bias_filler)
        return (rows, bias) if self.bias_term else (rows,)

    def work(self, run: Run) -> Work:
        return Work(run.made if self.bias_term else 0, marks=PLACE * run.read)

    def caption(self, *bottoms: Shape) -> str:
        return f"embed {self.input_dim}, {self.num_output}"


class Parameter(Layer):
    """A parameter as a blob, for other layers to read."""

    message, family = "parameter_param", Family.DENSE
    caffe = "layers/parameter_layer.cpp"

    shape: BlobShape = param(BlobShape, "the shape of the blob", default=BlobShape())
    blob_filler: FillerParameter | None = param(
        FillerParameter, "fills the blob", default=None, fork=NORMFACE
    )
    filler: FillerParameter | None = param(
        FillerParameter, "fills the blob", default=None, fork=OPENVINO
    )

    def infer(self) -> Shape:
        return self.shape.dim

    def weights(self) -> tuple[Weight, ...]:
        return (Weight("weight", self.shape.dim, self.filler or self.blob_filler or CONSTANT),)

    def work(self, run: Run) -> Work:
        return Work(0, view=True, passes=True)
